"""What the dialogue says: every phrase with the values it brings besides the common ones.

`PHRASES` must stand in every pack, in every language. `FAMILIES` are phrases by prefix that a pack may
write for its own classes, kinds and states (`empathy_product_damage`, `restate_order`), each with its
fallback among the required ones; the question of each field (`ask_<field>`) is required besides, with the
common values.
"""

from __future__ import annotations

from collections.abc import Mapping

COMMON = frozenset({"s", "you", "company", "bot", "office", "site", "emergency"})


def _with(*names: str) -> frozenset[str]:
    return COMMON | frozenset(names)


_PLAIN = (
    "greet_morning", "greet_midday", "greet_afternoon", "greet_night", "greet_again", "introduce",
    "here", "help", "help_again", "help_next", "help_files", "help_fresh", "tell_me", "which_group",
    "which_class", "health_emergency", "urgent_waiting", "urgent_public", "calm", "right",
    "say_if_wrong", "the_goods", "label_words", "what_wrong", "corrected_it", "corrected_late", "noted",
    "no_matter", "or_none", "again", "stuck", "go_on", "problem", "need_all", "need_still", "need_optional",
    "after_answer", "summary_right", "summary_again", "which_wrong", "which_number",
    "which_number_again", "enter_code_again", "or_share_number", "code_wrong", "code_over", "status_limit",
    "status_without", "state_other", "more", "closing_day", "closing_night", "closing_silent",
    "closing_unfinished", "person_coming", "person_or_bot", "person_late", "person_told",
    "offer_person", "with_bot", "robot", "not_understood", "please_choose", "explain", "take_your_time",
    "welcome", "afterword", "language_changed", "restarted", "cancelled", "got_files", "got_voice",
    "once_more",
    "letter_salutation", "letter_salutation_unknown", "letter_signature", "choice_service",
    "choice_quality", "choice_mismatch", "choice_yes", "choice_no", "choice_wrong", "choice_none",
    "choice_skip", "choice_person", "choice_go_on", "choice_bot", "choice_no_more", "choice_yes_more",
    "choice_other", "choice_menu", "choice_share", "photo_please", "good", "question_noted", "label_question",
    "stranger", "whose", "copied", "held", "file_lost", "file_too_large", "a_colleague", "stale_button",
    "what_i_do", "kind_other", "label_note", "letter_quote_who", "letter_cut",
)  # fmt: skip

PHRASES: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(_PLAIN, COMMON),
    "help_closed": _with("when"),
    "empathy_complaint": _with("thing"),
    "empathy_angry": _with("thing"),
    "health": _with("thing"),
    "restate_fewer": _with("of_order", "ordered", "received", "label", "goods", "said", "words"),
    "restate_other": _with("of_order", "ordered", "received", "label", "goods", "said", "words"),
    "restate_goods": _with("of_order", "label", "goods", "said", "words"),
    "restate_plain": _with("of_order", "label", "goods", "said", "words"),
    "of_order": _with("order"),
    "said": _with("words"),
    "goods_ordered": _with("goods", "ordered", "received"),
    "corrected": _with("label", "value"),
    "summary": _with("list"),
    "ticket": _with("number"),
    "ticket_order": _with("number"),
    "forwarded": _with("department", "when"),
    "forwarded_health": _with("department", "when"),
    "closed_now": _with("when"),
    "when_today": _with("day", "hour"),
    "when_tomorrow": _with("day", "hour"),
    "when_later": _with("day", "hour"),
    "faq": _with("answer", "page"),
    "faq_technical": _with("answer", "page"),
    "enter_code": _with("number"),
    "status": _with("number", "label", "department", "state"),
    "status_due": _with("when"),
    "status_late": _with("department"),
    "next_matter": _with("label"),
    "second_later": _with("label"),
    "reminder": _with("hour"),
    "reminder_done": _with("hour"),
    "person_closed": _with("when"),
    "handed_back": _with("agent"),
    "cancel_ticket": _with("number"),
    "added_late": _with("number"),
    "code_letter": _with("number", "code"),
    "did_you_mean": _with("value"),
    "closed_now_same": _with("day"),
    "back_today": _with("hour"),
    "back_tomorrow": _with("hour"),
    "back_later": _with("hour"),
    "linked": _with("numbers"),
    "passed_on": _with("customer"),
    "passed_on_ticket": _with("customer", "number"),
    "letter_quote": _with("when", "who"),
    "letter_code_subject": _with("number"),
    "ask_which_product": _with("goods", "options"),
}

FAMILIES: Mapping[str, frozenset[str]] = {
    "empathy_": _with("thing"),
    "restate_": _with("of_order", "label", "goods", "said", "words"),
    "forwarded_": _with("department", "when"),
    "salam_": COMMON,
    "problem_": COMMON,
    "state_": COMMON,
    "choice_": COMMON,
    "urgent_": COMMON,
    "ask_": COMMON,
    "kind_": COMMON,
    "label_": COMMON,
}


def values_of(key: str) -> frozenset[str] | None:
    """The values the phrase `key` may use; None when nobody says it."""
    if key in PHRASES:
        return PHRASES[key]
    return next((values for prefix, values in FAMILIES.items() if key.startswith(prefix)), None)

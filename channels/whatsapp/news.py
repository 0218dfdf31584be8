"""What Meta tells of the account itself: restrictions, quality, templates. An alert needs a person."""

from __future__ import annotations

from channels.whatsapp.values import Json, listing, mapping, word

_BAD_ACCOUNT = frozenset(
    {"ACCOUNT_DELETED", "ACCOUNT_RESTRICTION", "ACCOUNT_VIOLATION", "DISABLED_UPDATE", "PARTNER_REMOVED"}
)
_BAD_TEMPLATE = frozenset({"DISABLED", "FLAGGED", "PAUSED", "PENDING_DELETION", "REJECTED"})
_BAD_NUMBER = frozenset({"DOWNGRADE", "FLAGGED"})


def alert(field: str, value: Json) -> str:
    """What a person must see to, in words; "" for news that is only kept."""
    event = word(value.get("event")).upper()
    match field:
        case "account_update" if event in _BAD_ACCOUNT:
            restrictions = ", ".join(
                word(mapping(each).get("restriction_type")) for each in listing(value.get("restriction_info"))
            )
            violation = word(mapping(value.get("violation_info")).get("violation_type"))
            state = word(mapping(value.get("ban_info")).get("waba_ban_state"))
            details = "; ".join(filter(None, (restrictions, violation, state)))
            why = f" ({details})" if details else ""
            return f"the business account: {event}{why}; see Business Support Home"
        case "account_alerts" if word(value.get("alert_severity")).upper() in ("CRITICAL", "WARNING"):
            said = word(value.get("alert_description")) or word(value.get("alert_type"))
            return f"Meta warns: {said}; see WhatsApp Manager"
        case "message_template_status_update" if event in _BAD_TEMPLATE:
            name, language = (
                word(value.get("message_template_name")),
                word(value.get("message_template_language")),
            )
            reason = word(value.get("reason"))
            why = f" ({reason})" if reason and reason.upper() != "NONE" else ""
            return (
                f"the template {name} ({language}) is {event}{why}; see WhatsApp Manager, Message templates"
            )
        case "phone_number_quality_update" if event in _BAD_NUMBER:
            shown = word(value.get("display_phone_number"))
            return f"the quality of the number {shown} is {event}; see WhatsApp Manager, Phone numbers"
    return ""

"""Graph's errors as Meta shapes them: a code, what it says, and the HTTP status it comes with."""

from __future__ import annotations

import secrets
from typing import Any

KNOWN: dict[int, tuple[int, str, str]] = {  # code: (HTTP status, title, details)
    0: (401, "AuthException", "We were unable to authenticate the app user."),
    1: (400, "API Unknown", "Invalid request or possible server error."),
    2: (503, "API Service", "Temporary due to downtime or due to being overloaded."),
    3: (500, "API Method", "Capability or permissions issue."),
    4: (400, "API Too Many Calls", "The app has reached its API call rate limit."),
    10: (403, "Permission Denied", "Permission is either not granted or has been removed."),
    100: (400, "Invalid parameter", "The request included one or more unsupported or misspelled parameters."),
    190: (401, "Access token has expired", "Your access token has expired."),
    200: (403, "API Permission", "Permission is either not granted or has been removed."),
    368: (403, "Temporarily blocked for policies violations", "The account has been restricted."),
    80007: (400, "Rate limit issues", "The WhatsApp Business Account has reached its rate limit."),
    130429: (429, "Rate limit hit", "Cloud API message throughput has been reached."),
    130472: (400, "User's number is part of an experiment", "Message was not sent as part of an experiment."),
    131000: (500, "Something went wrong", "Message failed to send due to an unknown error."),
    131008: (400, "Required parameter is missing", "The request is missing a required parameter."),
    131009: (400, "Parameter value is not valid", "One or more parameter values are invalid."),
    131016: (503, "Service unavailable", "A service is temporarily unavailable."),
    131021: (400, "Recipient cannot be sender", "Sender and recipient phone number is the same."),
    131026: (400, "Message undeliverable", "Unable to deliver message."),
    131031: (
        403,
        "Account has been locked",
        "The WhatsApp Business Account has been restricted or disabled.",
    ),
    131042: (400, "Business eligibility payment issue", "There was an error related to your payment method."),
    131045: (500, "Incorrect certificate", "Message failed due to a phone number registration error."),
    131047: (
        400,
        "Re-engagement message",
        "More than 24 hours have passed since the customer last replied to this number.",
    ),
    131048: (400, "Spam rate limit hit", "Message failed to send because there are restrictions."),
    131049: (400, "Meta chose not to deliver", "Not delivered to maintain healthy ecosystem engagement."),
    131050: (400, "User stopped marketing messages", "The recipient has chosen to stop marketing messages."),
    131051: (400, "Unsupported message type", "Message type is not currently supported."),
    131052: (400, "Media download error", "Unable to download the media sent by the user."),
    131053: (400, "Media upload error", "Unable to upload the media used in the message."),
    131056: (
        400,
        "(Business Account, Consumer Account) pair rate limit hit",
        "Too many messages sent to the same recipient phone number in a short period of time.",
    ),
    131057: (500, "Account in maintenance mode", "Business Account is in maintenance mode."),
    131062: (400, "BSUID recipient not supported", "This message cannot be sent to a user id."),
    132000: (
        400,
        "Number of parameters does not match",
        "The number of variables does not match the template.",
    ),
    132001: (404, "Template does not exist", "The template does not exist in the given language."),
    132015: (400, "Template is paused", "Template is paused due to low quality."),
    132016: (400, "Template is disabled", "Template has been paused too many times."),
    133016: (400, "Account register deregister rate limit exceeded", "Too many attempts."),
    137000: (400, "Identity key hash mismatch", "The recipient's identity has changed."),
}


class Refusal(Exception):
    """Graph says no."""

    def __init__(self, code: int, details: str = "", subcode: int = 0, status: int = 0) -> None:
        usual, title, usual_details = KNOWN.get(code, (400, "Error", "An error occurred."))
        self.code, self.subcode, self.status = code, subcode, status or usual
        self.title, self.details = title, details or usual_details
        super().__init__(f"(#{code}) {title}")

    def body(self) -> dict[str, Any]:
        """As the answer to a call."""
        kind = "OAuthException"
        error: dict[str, Any] = {"message": str(self), "type": kind, "code": self.code}
        if self.subcode:
            error["error_subcode"] = self.subcode
        if self.code >= 80000 or self.code == 100:
            error["error_data"] = {"messaging_product": "whatsapp", "details": self.details}
        return {"error": {**error, "fbtrace_id": secrets.token_urlsafe(8)}}

    def in_webhook(self) -> dict[str, Any]:
        """As an element of `errors` in a webhook."""
        return {
            "code": self.code,
            "title": self.title,
            "message": self.title,
            "error_data": {"details": self.details},
            "href": "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/",
        }


def missing(what: str) -> Refusal:
    """A parameter that is needed."""
    return Refusal(131008, f"Required parameter is missing: {what}")


def invalid(why: str) -> Refusal:
    """A parameter with a wrong value."""
    return Refusal(131009, why)


def no_such(object_id: str) -> Refusal:
    """An id of nothing, or of nothing that this token may see."""
    return Refusal(
        100,
        f"Unsupported request. Object with ID '{object_id}' does not exist, cannot be loaded due to missing "
        "permissions, or does not support this operation",
        subcode=33,
    )

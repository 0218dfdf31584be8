"""WhatsApp by Meta's Cloud API: signed webhooks in, Graph calls out, the 24-hour window between."""

from channels.whatsapp.channel import WhatsApp
from channels.whatsapp.graph import Graph
from channels.whatsapp.reading import CHANNEL, read
from channels.whatsapp.templates import Template, Templates

__all__ = ["CHANNEL", "Graph", "Template", "Templates", "WhatsApp", "read"]

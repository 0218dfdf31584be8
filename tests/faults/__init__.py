"""Breaking Sapa on purpose, and checking afterwards what it promised."""

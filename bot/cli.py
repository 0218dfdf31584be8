"""The command `sapa`."""


def main() -> None:
    """Run the command line."""

import argparse

from ..serving import main
from . import Gateway


def make(args: argparse.Namespace) -> Gateway:
    gateway = Gateway(dialect=args.dialect or "forms", port=args.port, scale=args.scale)
    gateway.hook = args.hook
    return gateway


if __name__ == "__main__":
    main(make, "A stand-in for an SMS gateway.", "hook", "dialect")

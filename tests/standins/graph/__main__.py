import argparse

from ..serving import main
from . import Graph


def make(args: argparse.Namespace) -> Graph:
    graph = Graph(port=args.port, scale=args.scale)
    graph.hook.url = args.hook
    return graph


if __name__ == "__main__":
    main(make, "A stand-in for Graph: the WhatsApp Cloud API.", "hook")

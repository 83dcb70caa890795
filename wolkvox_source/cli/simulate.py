"""`wolkvox simulate`: the simulated contact centre, for anyone with an HTTP client."""

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `wolkvox simulate`."""
    parser.add_argument("--port", type=int, default=8420, help="port on this machine; 8420")
    parser.add_argument("--agents", type=int, default=80, help="how many agents it begins with; 80")
    parser.add_argument("--seed", type=int, default=7, help="the same seed gives the same people; 7")
    parser.add_argument("--speed", type=float, default=1.0, help="seconds of its clock in one real second; 1")


def run(args: argparse.Namespace) -> int:
    """Serve until interrupted."""
    from wolkvox_source.simulator import serve

    serve(port=args.port, agents=args.agents, seed=args.seed, speed=args.speed)
    return 0

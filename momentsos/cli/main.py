"""Arguments, exit codes, and which command does what.

Nothing is imported at the top but what every process has: an interruption while the rest is imported ends the process
with its exit code and one line, as it does later.
"""

from __future__ import annotations

import os
import sys

from ..machine.interruptions import INTERRUPTED, LINE, end_at_interruptions, raise_at_interruptions

TYPE_CHECKING = False  # as in `typing`, which is not imported for it
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable, Sequence

#: Exit codes: finished with an honest status, bad input, limit or failure without a bound.
FINISHED, BAD_INPUT, NO_BOUND = 0, 2, 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code.

    Parameters
    ----------
    arguments : sequence of str, optional
        By default those of the process, which then belongs to the command: it ends at once where it is interrupted
        before the work begins or after it ended.

    Returns
    -------
    int
        0 finished with an honest status, 2 bad input or usage, 3 limit reached or solver failed with no bound,
        130 interrupted.
    """
    own = arguments is None and end_at_interruptions()
    try:
        options = _parser(sys.argv[1:] if arguments is None else arguments).parse_args(arguments)
        from . import commands

        command: Callable[[Namespace], int] = getattr(commands, options.command)
        if own:
            raise_at_interruptions()
        return _outcome(command, options)
    except KeyboardInterrupt:
        print(LINE, file=sys.stderr)
        return INTERRUPTED
    finally:
        if own:
            end_at_interruptions()


def _outcome(command: Callable[[Namespace], int], options: Namespace) -> int:
    """Run a command, and turn errors into exit codes."""
    from ..errors import MomentSOSError, ProblemTooLarge, SolverFailed

    try:
        code = command(options)
        if sys.stdout is not None:  # as it is when the caller closed it
            sys.stdout.flush()
        return code
    except (ProblemTooLarge, SolverFailed) as error:
        return _complain(error, NO_BOUND)
    except MemoryError:
        return _complain("more memory was needed than there is: take a lower order or --method partial", NO_BOUND)
    except MomentSOSError as error:
        return _complain(error, BAD_INPUT)
    except BrokenPipeError:  # the reader of our output went away, as `head` does
        _silence()
        return FINISHED
    except OSError as error:  # a full disk behind stdout
        _silence()
        return _complain(error, BAD_INPUT)


def _silence() -> None:
    """Let what is left in the buffer of stdout go nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _complain(error: object, code: int) -> int:
    print(f"momentsos: {error}", file=sys.stderr)
    return code


def _parser(arguments: Sequence[str]) -> ArgumentParser:
    """Return the parser; what only one verb has is imported where that verb is among the arguments."""
    import argparse

    from .. import __version__

    parser = argparse.ArgumentParser(prog="momentsos", description=_DESCRIPTION)
    parser.add_argument("--version", action="version", version=f"momentsos {__version__}")
    verbs = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    common = _common()

    demo = verbs.add_parser("demo", parents=[common], help="learn the activations of two small networks")
    demo.set_defaults(command="demo")

    learn = verbs.add_parser("learn", parents=[common], help="learn the activation coefficients of a network")
    learn.add_argument("data", metavar="DATA.npz", help="holds W1 ... W{D+1}, X, Y, and optionally b1 ... b{D+1}")
    learn.add_argument("--degrees", type=int, nargs="+", required=True, help="one degree a hidden layer")
    if "learn" in arguments:
        from ..learning import LOSSES

        losses = ", ".join(LOSSES)
        learn.add_argument("--loss", default="mse", help=f"{losses} (default: mse)")
    _orders(learn)
    learn.add_argument("--plot", metavar="OUT.png", help="draw the learned activations")
    learn.set_defaults(command="learn_file")

    trained = verbs.add_parser(
        "polynomialize", parents=[common], help="replace the activations of a trained ONNX model by polynomials"
    )
    if "polynomialize" in arguments:
        from .trained import add_arguments as add_trained

        add_trained(trained)
    trained.set_defaults(command="polynomialize_file")

    solve = verbs.add_parser("solve", parents=[common], help="minimise or maximise a polynomial given in a JSON file")
    solve.add_argument("problem", metavar="PROBLEM.json")
    _orders(solve)
    solve.set_defaults(command="solve_file")

    verify = verbs.add_parser("verify", parents=[common], help="check an exact certificate; no SDP solver is used")
    verify.add_argument("file", metavar="CERTIFICATE.json")
    verify.set_defaults(command="verify_certificate")

    reproduce = verbs.add_parser("reproduce", parents=[common], help="run the published experiments again")
    if "reproduce" in arguments:
        from ..reproduction.command import add_arguments

        add_arguments(reproduce)
    _orders(reproduce)
    reproduce.set_defaults(command="reproduce")

    solvers = verbs.add_parser("solvers", parents=[common], help="what is installed and licensed, and the default")
    solvers.set_defaults(command="solvers")
    return parser


_DESCRIPTION = "Global optimisation with polynomials: bounds from both sides, and a certificate when they meet."


def _common() -> ArgumentParser:
    import argparse

    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--method", default="auto", help="auto, dense, partial, sparse; learn: or blocks (default: auto)"
    )
    common.add_argument("--solver", default="auto", help="an SDP solver, see 'momentsos solvers' (default: auto)")
    common.add_argument("--tol", type=float, default=1e-6, help="relative gap that counts as closed (default: 1e-6)")
    common.add_argument("--time-limit", type=float, metavar="SECONDS", help="stop after this time")
    common.add_argument("--json", action="store_true", help="print one JSON object on stdout, all else on stderr")
    common.add_argument("--certificate", metavar="OUT.json", help="write an exact certificate of the lower bound")
    said = common.add_mutually_exclusive_group()
    said.add_argument("--quiet", action="store_true", help="print no progress")
    said.add_argument("--verbose", action="store_true", help="print each step as a line on stderr, in a pipe as well")
    return common


def _orders(parser: ArgumentParser) -> None:
    parser.add_argument("--order", type=int, metavar="K", help="first relaxation order (alone: the only one)")
    parser.add_argument("--max-order", type=int, metavar="K", help="last relaxation order")
    parser.add_argument(
        "--bound",
        default="auto",
        help="'auto', 'none', or the radius of a ball around the variables (default: auto)",
    )

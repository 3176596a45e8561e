"""`python -m fedirec` is the command `fedirec`."""

from fedirec.cli.main import run

if __name__ == "__main__":
    run()

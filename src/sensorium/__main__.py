"""`python -m sensorium`: the command line, for launchers that take a module (accelerate launch -m, torchrun -m)."""

from sensorium.cli.main import main

if __name__ == "__main__":
    main()

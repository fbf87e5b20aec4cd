"""What a network costs, as in racket/networks/budget.rkt: each may have a budget."""

QUANTITIES = {
    "params": "parameters",
    "macs": "multiply-adds for one image",
    "activations": "numbers that all layers give for one image",
    "depth": "layers",
}

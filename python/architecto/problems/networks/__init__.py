"""Networks as a problem: architectures, modules, source code, data sets, training."""

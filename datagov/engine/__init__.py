"""Where work runs: in processes of this machine that may die without taking the audit with them."""

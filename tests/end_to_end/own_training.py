import torch
from torch.nn.functional import cross_entropy

from architecto import BaseEvaluator, Evaluation
from architecto.problems.networks import datasets
from architecto.problems.networks.architecture import parse
from architecto.problems.networks.module import Network


class FullBatch(BaseEvaluator):
    def __init__(self, dataset, options=None):
        self.data = datasets.load(dataset, options=options)

    def evaluate(self, answer, *, seed, weights_path, **others):
        torch.manual_seed(seed)
        network, data = Network(parse(answer)), self.data
        optimizer = torch.optim.RMSprop(network.parameters(), lr=0.003)
        for _ in range(100):
            optimizer.zero_grad()
            cross_entropy(network(data.train_inputs), data.train_targets).backward()
            optimizer.step()
        network.eval()
        if weights_path is not None:
            network.save(weights_path)
        right = network(data.validation_inputs).argmax(dim=1) == data.validation_targets
        return Evaluation("complete", metrics={"validation_accuracy": right.float().mean().item()})

"""What the forum thread printed, on data it does not name: comparisons with it are of signs and gaps only."""

STD = [0.3726, 0.1629, 0.0577, 0.0514, 0.0517, 0.0474, 0.0413, 0.0457, 0.0562, 0.0649]  # "Kaiming", layers 1 to 10
LSUV_MEANS = [0.3297, 0.3093, 0.3307, 0.2865, 0.2595, 0.2385, 0.2092, 0.2372, 0.1678, 0.1756]
END = {  # train loss, validation loss, validation accuracy
    "default": (0.5789, 0.6380, 0.7638),
    "kaiming-relu": (0.6052, 0.6496, 0.7614),
    "default, 80 epochs": (0.5601, 0.6289, 0.7657),
    "lsuv": (0.3298, 0.6691, 0.7803),
}
LSUV_DIP = 0.60  # lowest validation loss of its LSUV net

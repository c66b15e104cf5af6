"""
Asks imagededup for the pairs of a folder by one of its hashes. Run in its environment: METHOD FOLDER ANSWER [loose].

With ``loose`` every pair up to 24 bits apart, to look for the best threshold; else up to its default of 10.
"""

import json
import sys
from pathlib import Path

DEFAULT, LOOSE = 10, 24


def declare() -> None:
    """What torchvision's usual build lacks beside a PyTorch without CUDA; imagededup imports it also for hashes."""
    import torch

    if torch.version.cuda is None:
        library = torch.library.Library("torchvision", "FRAGMENT")  # type: ignore[no-untyped-call]  # torch leaves it untyped
        for name in ("nms", "qnms"):
            library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")  # type: ignore[no-untyped-call]  # as above
        globals()["declared"] = library  # the declarations last as long as this object


def main() -> None:
    declare()
    from imagededup import methods  # type: ignore[import-not-found]  # in an environment of its own

    method, folder, answer = sys.argv[1:4]
    hasher = getattr(methods, method)(verbose=False)
    codes = hasher.encode_images(image_dir=folder, recursive=True)
    most = LOOSE if sys.argv[4:] else DEFAULT
    found = hasher.find_duplicates(encoding_map=codes, max_distance_threshold=most, scores=True)
    pairs = [
        (str(Path(folder, one)), str(Path(folder, other)), -int(distance))
        for one, others in found.items()
        for other, distance in others
        if one < other
    ]
    Path(answer).write_text(json.dumps({"pairs": pairs, "default": -DEFAULT, "read": len(codes)}))


if __name__ == "__main__":
    main()

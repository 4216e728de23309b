"""The shop's requests: what there is, search by words, photo or both, more like a product, pictures, spoken queries."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Query, UploadFile
from pydantic import BaseModel, Field, TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from sensorium.apps.http.errors import BODY_STATUSES, RequestError, error_responses
from sensorium.apps.http.sse import while_connected
from sensorium.apps.http.uploads import limited_route, read_audio, read_image
from sensorium.apps.http.work_queue import WorkQueue
from sensorium.apps.store.facets import Chosen, Facet
from sensorium.apps.store.pictures import SIDES, ProductImages
from sensorium.apps.store.products import Product, SearchBody, search_body
from sensorium.apps.store.shop import MAX_WORDS, Shop, ShopQuery
from sensorium.core.languages import language as language_code
from sensorium.core.messages import Audio, Image
from sensorium.core.protocols import Transcriber
from sensorium.media.audio import bounded

MAX_PRODUCTS = 200
_MAX_AUDIO_BYTES = 5_000_000
_MAX_SECONDS = 30.0
_SEARCH_STATUSES = (401, 403, 422, 501, 502, 503, 504)
_FILTERS = TypeAdapter(dict[str, Chosen])

_Count = Annotated[int, Field(ge=1, le=MAX_PRODUCTS, description="The most products.")]
_Id = Annotated[str, Field(min_length=1, max_length=2_000)]
_Words = Annotated[str, Field(max_length=MAX_WORDS)]
_Where = Annotated[
    str, Field(max_length=1_000, description='A condition as in SQL over the columns: "price < 40 and stock > 0".')
]
_Filters = Annotated[
    str,
    Field(
        max_length=10_000,
        description='JSON: column -> texts of which one must be there, {"least", "most"}, or true: '
        '{"category": ["shoes"], "price": {"most": 40}}.',
    ),
]


class ShopBody(BaseModel):
    """What the shop has and can do; `hears` holds the languages of spoken queries, [] for any, null for none."""

    title: str
    count: int
    columns: dict[str, str]
    facets: list[Facet]
    first: list[Product] = Field(description="Some products, to look at before a search.")
    hears: list[str] | None
    max_bytes: int


class HeardBody(BaseModel):
    """A spoken query in words."""

    text: str
    language: str


class ImageResponse(Response):
    media_type = "image/jpeg"


@dataclass
class StoreEndpoints:
    """The endpoints of the shop.

    Args:
        shop: What is searched.
        search_queue, image_queue: The queues before searches and before pictures.
        transcriber: Transcribes spoken queries, or None.
        max_bytes: The largest photo.
    """

    shop: Shop
    search_queue: WorkQueue
    image_queue: WorkQueue
    transcriber: Transcriber | None = None
    max_bytes: int = 25_000_000

    def __post_init__(self) -> None:
        self._images = ProductImages()

    def add_to(self, router: APIRouter) -> None:
        """Add the routes of /api."""
        errors, body_errors = error_responses(*_SEARCH_STATUSES), error_responses(*BODY_STATUSES)
        router.add_api_route("/api/shop", self.describe, responses=errors)
        router.add_api_route("/api/search", self.search, responses=errors)
        post = partial(router.add_api_route, methods=["POST"], responses=body_errors)
        post("/api/search", self.search_by_photo, route_class_override=limited_route(self.max_bytes, self._check))
        router.add_api_route("/api/like", self.like, responses=errors)
        picture_errors = error_responses(401, 403, 404, 422, 503)
        unchanged: dict[int | str, dict[str, Any]] = {
            304: {"description": "It is the picture that If-None-Match names."}
        }
        router.add_api_route(
            "/api/picture", self.picture, responses=unchanged | picture_errors, response_class=ImageResponse
        )
        post("/api/transcribe", self.transcribe,
             route_class_override=limited_route(_MAX_AUDIO_BYTES, self._check_transcriber))  # fmt: skip

    def _check(self) -> None:
        self.search_queue.check()

    def _check_transcriber(self) -> None:
        if self.transcriber is None:
            raise RequestError(501, "This shop can't hear.", "Type what you look for.")
        self.search_queue.check()

    async def describe(self, request: Request) -> ShopBody:
        """What the shop has, its filters, and whether it hears."""
        stock = await while_connected(request.receive, self.search_queue.run(self.shop.stock))
        return ShopBody(
            title=self.shop.title,
            count=stock.count,
            columns=dict(stock.searcher.index.columns),
            facets=list(stock.facets),
            first=list(stock.first),
            hears=None if self.transcriber is None else list(self.transcriber.languages),
            max_bytes=self.max_bytes,
        )

    async def search(
        self, request: Request, q: Annotated[_Words, Query(min_length=1)], k: _Count = 24, where: _Where = "",
        filters: _Filters = "",
    ) -> SearchBody:  # fmt: skip
        """Search by words."""
        return await self._answer(request, ShopQuery(words=q, filters=_filters(filters), where=where, k=k))

    async def search_by_photo(
        self, request: Request, photo: Annotated[UploadFile, File()], words: Annotated[_Words, Form()] = "",
        k: Annotated[_Count, Form()] = 24, where: Annotated[_Where, Form()] = "",
        filters: Annotated[_Filters, Form()] = "",
    ) -> SearchBody:  # fmt: skip
        """Search by a photo, or by a photo and words."""
        image = Image(await read_image(photo))
        query = ShopQuery(words=words, image=image, filters=_filters(filters), where=where, k=k)
        return await self._answer(request, query)

    async def like(
        self, request: Request, id: _Id, q: _Words = "", k: _Count = 24, where: _Where = "", filters: _Filters = ""
    ) -> SearchBody:
        """Search for products that look like one of the shop's; with words, for their sum."""
        query = ShopQuery(words=q, like=id, filters=_filters(filters), where=where, k=k)
        return await self._answer(request, query)

    async def _answer(self, request: Request, query: ShopQuery) -> SearchBody:
        is_filtered = bool(query.filters or query.where)
        work = self.search_queue.run(lambda: search_body(self.shop.search(query), is_filtered))
        return await while_connected(request.receive, work)

    async def picture(
        self, request: Request, id: _Id,
        side: Annotated[int, Query(description="Longest side in pixels: 120, 480 or 1280.")] = SIDES[1],
    ) -> Response:  # fmt: skip
        """A product's picture, as JPEG."""
        if side not in SIDES:
            raise RequestError(422, f"Pictures come in sizes {SIDES}, not {side}.", "Try side=480.")
        work = self.image_queue.run(lambda: self._images.get(self.shop.stock().searcher.index, id, side))
        found = await while_connected(request.receive, work)
        if found is None:
            raise RequestError(404, "The shop has no such product.", "It may have been sold: search again.")
        headers = {"ETag": found.tag, "Cache-Control": "private, max-age=600"}
        if request.headers.get("if-none-match") == found.tag:
            return Response(status_code=304, headers=headers)
        return ImageResponse(found.jpeg, headers=headers)

    async def transcribe(
        self, request: Request, audio: Annotated[UploadFile, File()],
        language: Annotated[str, Form(max_length=40, description="A language code: en, hi, ta …")] = "en",
    ) -> HeardBody:  # fmt: skip
        """Transcribe a spoken query."""
        transcriber = self.transcriber
        assert transcriber is not None  # checked before the body was read
        code, recording = language_code(language), Audio(await read_audio(audio))
        work = self.search_queue.run(lambda: transcriber.transcribe(bounded(recording, _MAX_SECONDS), code))
        transcript = await while_connected(request.receive, work)
        return HeardBody(text=transcript.text.strip(), language=transcript.language)


def _filters(text: str) -> dict[str, Chosen]:
    """Return the chosen filters of a JSON text."""
    try:
        return _FILTERS.validate_json(text or "{}", strict=False)
    except ValidationError:
        hint = 'Send {"category": ["shoes"], "price": {"least": 10, "most": 40}}.'
        raise RequestError(422, "The filters have the wrong form.", hint) from None

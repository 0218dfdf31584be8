"""A ticket goes where the pack says: the first rule that matches."""

from __future__ import annotations

import itertools

import pytest

from bot.packs import load
from bot.sop.model import Route, Sop
from bot.tickets.routing import Routed, route


@pytest.fixture(scope="module")
def sop() -> Sop:
    return load()


@pytest.mark.sop("K5")
@pytest.mark.parametrize(
    ("class_", "department"),
    [
        ("service_admin", "finance"),
        ("service_delivery", "logistics"),
        ("service_general", "customer_service"),
        ("product_damage", "quality"),
        ("product_spec", "quality"),
        ("product_expired", "quality"),
        ("product_harmful", "quality"),
        ("order_wrong_type", "warehouse"),
        ("order_excess", "supervisor"),
        ("order_shortage", "warehouse"),
        ("order_wrong_date", "warehouse"),
    ],
)
def test_a_complaint_goes_by_its_class(class_: str, department: str, sop: Sop) -> None:
    assert route(sop, "complaint", class_, (), urgent=False).department == department


@pytest.mark.sop("C4")
def test_a_delivery_complaint_is_told_to_warehouse_and_sales(sop: Sop) -> None:
    routed = route(sop, "complaint", "service_delivery", (), urgent=False)
    assert {routed.department, *routed.also} >= {"warehouse", "sales"}
    assert "C4" in routed.clause


@pytest.mark.sop("M8")
def test_a_mismatch_is_answered_for_by_sales_and_the_warehouse(sop: Sop) -> None:
    for class_ in ("order_wrong_type", "order_shortage", "order_wrong_date", "order_excess"):
        for urgent in (False, True):
            routed = route(sop, "complaint", class_, (), urgent=urgent)
            if class_ == "order_excess" and urgent:
                assert routed.department == "supervisor"
                continue
            assert {routed.department, *routed.also} >= {"warehouse", "sales"}


@pytest.mark.sop("C2")
def test_the_principal_decides_who_gets_a_copy(sop: Sop) -> None:
    food = route(sop, "complaint", "product_damage", ("sari_murni",), urgent=False)
    soap = route(sop, "complaint", "product_damage", ("cipta_resik",), urgent=False)
    assert (food.department, food.also) == ("quality", ("warehouse",))
    assert (soap.department, soap.also) == ("quality", ("purchasing",))
    both = route(sop, "complaint", "product_damage", ("sari_murni", "cipta_resik"), urgent=False)
    assert both == soap


def test_an_urgent_matter_always_reaches_the_supervisor(sop: Sop) -> None:
    for class_ in sop.classes:
        routed = route(sop, "complaint", class_, (), urgent=True)
        assert "supervisor" in (routed.department, *routed.also), class_


@pytest.mark.sop("R9")
def test_a_danger_to_health_goes_to_quality_and_freezes_stock(sop: Sop) -> None:
    for urgent in (False, True):
        routed = route(sop, "complaint", "product_harmful", ("sari_murni",), urgent=urgent)
        assert routed == Routed("quality", ("warehouse", "supervisor"), "R9")


def test_every_matter_has_a_department(sop: Sop) -> None:
    matters = [(kind, "") for kind in sop.kinds if kind != "complaint"]
    matters += [("complaint", class_) for class_ in sop.classes]
    principals = [(), *((principal,) for principal in sop.principals), tuple(sop.principals)]
    for (kind, class_), who, urgent in itertools.product(matters, principals, (False, True)):
        routed = route(sop, kind, class_, who, urgent)
        assert routed.department in sop.departments
        assert set(routed.also) <= set(sop.departments) - {routed.department}


def test_the_first_rule_wins(sop: Sop) -> None:
    rules = (Route(kinds=("order",), to="sales"), Route(to="finance", also=("sales",)), Route(to="quality"))
    other = sop.model_copy(update={"routing": rules})
    assert route(other, "order", "", (), urgent=False) == Routed("sales")
    assert route(other, "question", "", (), urgent=False) == Routed("finance", ("sales",))


def test_no_rule_is_an_error_and_not_a_silent_department(sop: Sop) -> None:
    other = sop.model_copy(update={"routing": (Route(urgent=True, to="quality"),)})
    with pytest.raises(LookupError, match="'order'"):
        route(other, "order", "", (), urgent=False)

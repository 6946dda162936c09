"""The language an answer is written in."""

from __future__ import annotations

import pytest
from judging import judge, quality, task_of

from pytest_localbench.errors import TaskFileError
from pytest_localbench.evaluators.language import LANGUAGES, identify

TEXTS = {
    "en": "Thank you for your letter. We have checked the invoice and will pay the amount by the end of the month.",
    "de": "Vielen Dank für Ihr Schreiben. Wir haben die Rechnung geprüft und zahlen den Betrag bis zum Ende des Monats.",
    "fr": "Merci pour votre lettre. Nous avons vérifié la facture et nous paierons le montant avant la fin du mois.",
    "es": "Gracias por su carta. Hemos revisado la factura y pagaremos el importe antes de que termine el mes.",
    "it": "Grazie per la Sua lettera. Abbiamo controllato la fattura e pagheremo l'importo entro la fine del mese.",
    "pl": "Dziękujemy za list. Sprawdziliśmy fakturę i zapłacimy tę kwotę do końca miesiąca na wskazany rachunek.",
    "nl": "Dank voor uw brief. Wij hebben de factuur gecontroleerd en betalen het bedrag voor het einde van de maand.",
    "pt": "Obrigado pela sua carta. Verificámos a fatura e vamos pagar o valor até ao fim do mês, como combinado.",
}


@pytest.mark.parametrize("written", LANGUAGES)
@pytest.mark.parametrize("expected", LANGUAGES)
def test_each_language_is_told_from_the_others(written, expected):
    assert quality("language", "x", TEXTS[written], expect=expected) == float(written == expected)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Der Vertrag endet am 30. Juni, die Kuendigung muss schriftlich erfolgen und dem Vermieter zugehen.", "de"),
        ("Northwind Analytics Ltd provides hosting for Harbour Foods plc; the fee of GBP 4,200 is due monthly.", "en"),
        ("Umowa trwa 24 miesiące i może zostać wypowiedziana przez każdą ze stron z zachowaniem terminu.", "pl"),
        ("O contrato tem a duração de 24 meses e pode ser terminado por qualquer das partes.", "pt"),
        ("El contrato dura 24 meses y cualquiera de las partes puede terminarlo con 60 días de aviso.", "es"),
    ],
)
def test_business_sentences_are_recognised(text, language):
    assert identify(text)[0] == language


def test_another_script_is_another_language():
    assert quality("language", "x", "合同终止" * 15, expect="en") == 0
    assert quality("language", "x", "Договор действует двадцать четыре месяца и продлевается.", expect="de") == 0


@pytest.mark.parametrize("reply", ["OK", "Yes, done.", "12345678901234567890 1234567890 EUR", "Qwxyz Bbbbb Kkkkk " * 4])
def test_too_little_to_tell_is_no_score(reply):
    verdict = judge(task_of("language", "x", expect="en"), reply).verdicts[0]
    assert (verdict.score, verdict.status) == (None, "skipped")


def test_a_region_is_accepted_and_an_unknown_language_refused():
    assert quality("language", "x", TEXTS["de"], expect="de-AT") == 1
    with pytest.raises(TaskFileError, match="'fi' is not known"):
        judge(task_of("language", "x", expect="fi"), "a")

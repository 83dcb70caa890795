"""The page's words, numbers, dates and durations, in English and in Spanish."""

import datetime as dt
from datetime import datetime
from html import escape
from zoneinfo import ZoneInfo

from wolkvox_source.dashboard.figures import kind
from wolkvox_source.language import LANGUAGES, Language, Speech

CATEGORIES = ("talking", "ringing", "after-call work", "ready", "auxiliary", "unknown", "logged out")
_MONTHS = {
    "en": ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
    "es": ["ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic"],
}
_WEEKDAYS = {
    "en": ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
    "es": ["lun", "mar", "mié", "jue", "vie", "sáb", "dom"],
}

WORDS: dict[str, tuple[str, str]] = {
    "title": ("Contact centre", "Centro de contacto"),
    "operation": ("Operation", "Operación"),
    "day": ("Day", "Día"),
    "language": ("Language", "Idioma"),
    "refresh": ("Refresh", "Actualizar"),
    "all_operations": ("All operations", "Todas las operaciones"),
    "latest_day": ("Latest", "Último"),
    # how fresh it is
    "as_of": ("Data as of {time}, {age} ago", "Datos del {time}, hace {age}"),
    "exported": (
        "This file was made on {time} ({zone}) and does not renew itself.",
        "Este archivo se hizo el {time} ({zone}) y no se actualiza solo.",
    ),
    "late": (
        "Late: a look is expected every {interval}. Is `wolkvox sync` running?",
        "Atrasado: se espera una observación cada {interval}. ¿Está corriendo `wolkvox sync`?",
    ),
    "expected": ("a look every {interval}", "una observación cada {interval}"),
    "never_looked": ("No successful look yet", "Aún no hay una observación exitosa"),
    "latest_failed": ("The latest attempt, {time}: {outcome}", "El último intento, {time}: {outcome}"),
    "local_times": ("Times are local: {zones}", "Las horas son locales: {zones}"),
    # now
    "now": ("Now", "Ahora"),
    "roster": ("on the roster", "en la nómina"),
    "working": ("connected", "conectados"),
    "disabled_of": ("{count} disabled", "{count} deshabilitados"),
    "of_roster": ("{percent} of the roster", "{percent} de la nómina"),
    "of_connected": ("{percent} of those connected", "{percent} de los conectados"),
    "agents_now": ("Who is in what status", "Quién está en qué estado"),
    "search": ("Search a name, id or status", "Busque un nombre, id o estado"),
    "found": ("{shown} of {all}", "{shown} de {all}"),
    "shortened": (
        "the first {shown} of {all}: search for the others",
        "los primeros {shown} de {all}: busque los demás",
    ),
    "nobody_found": ("Nobody matches “{search}”.", "Nadie coincide con «{search}»."),
    "agent": ("Agent", "Agente"),
    "id": ("Id", "Id"),
    "status": ("Status", "Estado"),
    "for_how_long": ("For", "Desde hace"),
    "last_connection": ("Last connection", "Última conexión"),
    "never": ("never", "nunca"),
    "no_status": ("no status", "sin estado"),
    "disabled": ("disabled", "deshabilitado"),
    "duration_note": (
        "A change lies between two looks, so a duration has two bounds; ≥ where looking began after the status did.",
        "Un cambio cae entre dos observaciones, así que una duración tiene dos límites; ≥ si ya estaba al observar.",
    ),
    # the day
    "the_day": ("The day", "El día"),
    "areas": ("Connected agents by status", "Agentes conectados por estado"),
    "areas_note": (
        "Hours are observed, all agents together. Logged-out agents are not drawn; where nobody looked, nothing is.",
        "Las horas son las observadas, sumados los agentes. No se dibuja a los desconectados, ni donde nadie observó.",
    ),
    "not_looked": ("nobody looked", "nadie observó"),
    "no_day": ("{operation} was not looked at on this day.", "Ese día no se observó {operation}."),
    "as_table": ("As a table", "Como tabla"),
    "time": ("Time", "Hora"),
    "by_hour": ("Connections by hour", "Conexiones por hora"),
    "by_hour_note": (
        "wolkvox reports only the last connection, so these are the fewest there can be. Hatched: nobody looked.",
        "wolkvox informa solo la última conexión, así que es el mínimo posible. Rayado: nadie observó.",
    ),
    "connections": ("connections", "conexiones"),
    "connections_of": ("by {agents} agents", "de {agents} agentes"),
    "covered": ("of the day looked at", "del día observado"),
    # thirty days
    "month": ("Thirty days to {day}", "Treinta días hasta el {day}"),
    "by_day": ("Connections by day", "Conexiones por día"),
    "by_day_note": (
        "Hatched: nobody looked, and only what was still an agent's last connection later on is known.",
        "Rayado: nadie observó, y solo se conoce lo que más tarde seguía siendo la última conexión de un agente.",
    ),
    # coverage
    "coverage": ("Coverage", "Cobertura"),
    "coverage_note": (
        "The share of each day that was looked at. Read it before any other number: not looked at is not zero.",
        "La parte de cada día que se observó. Léala antes que cualquier otra cifra: no observado no es cero.",
    ),
    "looks": ("Looks", "Observaciones"),
    "looks_of": ("{done} of {expected} expected", "{done} de {expected} esperadas"),
    "longest_gap": ("Longest gap", "Mayor vacío"),
    "outcomes": ("What came of it", "Resultado"),
    "failures": ("Latest failures of the day", "Últimas fallas del día"),
    "no_failures": ("Every attempt of the day succeeded.", "Todos los intentos del día fueron exitosos."),
    # radar
    "radar": ("Purge and licences", "Depuración y licencias"),
    "licences": ("Licences", "Licencias"),
    "slots": ("{agents} of {slots} slots taken", "{agents} de {slots} cupos ocupados"),
    "free_slots": ("{count} free", "{count} libres"),
    "over_slots": ("{count} too many", "{count} de más"),
    "licences_of": ("{licences} licences", "{licences} licencias"),
    "no_licences": (
        "The setting `licences` is not configured.",
        "El ajuste `licences` no está configurado.",
    ),
    "enabled_agents": ("enabled", "habilitados"),
    "reusable": ("disabled, id free to re-use", "deshabilitados, id reutilizable"),
    "dormant": ("not connected in 30 days", "sin conexión en 30 días"),
    "never_connected": ("never connected", "nunca conectados"),
    "purge": ("Close to the purge", "Cerca de la depuración"),
    "purge_soon": ("purged within 30 days", "se depuran en 30 días"),
    "purge_note": (
        "wolkvox removes an agent six months after the last connection. One connection before then keeps them.",
        "wolkvox elimina a un agente seis meses después de su última conexión. Una conexión antes lo conserva.",
    ),
    "no_purge": ("Nobody is within 30 days of the purge.", "Nadie está a 30 días o menos de la depuración."),
    "days_left": ("Days left", "Días restantes"),
    "overdue": ("overdue", "vencido"),
    "week": ("{first}–{last} days", "{first}–{last} días"),
    # changes
    "changes": ("Roster changes", "Cambios en la nómina"),
    "no_changes": ("Nothing changed on the roster in these thirty days.", "La nómina no cambió en estos treinta días."),
    "when": ("Found at", "Visto"),
    "what": ("What", "Qué"),
    "changes_note": (
        "In the thirty days to {day}, the latest first.",
        "En los treinta días hasta el {day}, lo último primero.",
    ),
    "more": ("and {count} earlier ones", "y {count} anteriores"),
    # wolkvox's statuses
    "ready": ("Ready", "Disponible"),
    "talking": ("Talking", "En llamada"),
    "after-call work": ("After-call work", "Documentación"),
    "ringing": ("Ringing", "Timbrando"),
    "auxiliary": ("Auxiliary", "Auxiliar"),
    "logged out": ("Logged out", "Desconectado"),
    "unknown": ("Unclassified", "Sin clasificar"),
    # what happens to agents
    "appeared": ("Appeared", "Apareció"),
    "vanished": ("Vanished", "Desapareció"),
    "came back": ("Came back", "Volvió"),
    "enabled": ("Enabled", "Habilitado"),
    "renamed": ("Renamed", "Renombrado"),
    "SSO changed": ("SSO changed", "Cambió el SSO"),
    "passed to another person": ("Passed to another person", "Pasó a otra persona"),
    # what comes of an observation
    "changed": ("with changes", "con cambios"),
    "unchanged": ("unchanged", "sin cambios"),
    "suspicious": ("not believed", "no creído"),
    "empty": ("empty", "vacío"),
    "refused": ("refused", "rechazado"),
    "unavailable": ("unavailable", "no disponible"),
    "unreadable": ("unreadable", "ilegible"),
}


class Words:
    """What a reader of one language is shown."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self._place = LANGUAGES.index(language)

    def __call__(self, key: str, **facts: object) -> str:
        """The word or sentence `key` with its facts; an unknown key is a KeyError."""
        return WORDS[key][self._place].format(**facts)

    def sentence(self, key: str, **facts: object) -> str:
        """The same for a sentence of the catalogues, whatever language the process speaks."""
        return Speech(self.language).say(key, **facts)

    def number(self, value: float, digits: int = 0) -> str:
        """1,234.5 in English, 1.234,5 in Spanish."""
        written = f"{value:,.{digits}f}"
        return written.translate(str.maketrans(",.", ".,")) if self.language == "es" else written

    def percent(self, value: float | None) -> str:
        """A share of a hundred; 100 only where it is all of it."""
        if value is None:
            return "–"
        return f"{self.number(value)} %" if value in (0, 100) else f"{self.number(min(value, 99.9), 1)} %"

    def date(self, day: dt.date) -> str:
        """Fri 20 Nov 2026."""
        return f"{self.weekday(day)} {self.short_date(day)} {day.year}"

    def short_date(self, day: dt.date) -> str:
        """20 Nov."""
        return f"{day.day} {_MONTHS[self.language][day.month - 1]}"

    def weekday(self, day: dt.date) -> str:
        """Fri."""
        return _WEEKDAYS[self.language][day.weekday()]

    def moment(self, moment: datetime, zone: ZoneInfo) -> str:
        """20 Nov 2026, 11:00 in that time zone."""
        local = moment.astimezone(zone)
        return f"{self.short_date(local.date())} {local.year}, {local:%H:%M}"

    def duration(self, seconds: float) -> str:
        """45 s, 20 min, 2 h 05 min, 3 d 4 h."""
        minutes, hours, days = int(seconds // 60), int(seconds // 3600), int(seconds // 86400)
        if minutes < 1:
            return f"{int(seconds)} s"
        if hours < 1:
            return f"{minutes} min"
        if days < 1:
            return f"{hours} h {minutes % 60:02} min" if minutes % 60 else f"{hours} h"
        return f"{self.number(days)} d {hours % 24} h" if hours % 24 else f"{self.number(days)} d"


def key(words: Words, numbers: dict[str, str], of: str) -> str:
    """What the colours mean, each status category with its number."""
    items = "".join(
        f'<li><i class="dot {kind(category)}"></i>{escape(words(category))} '
        f'<b data-number="{of} {category}">{escape(number)}</b></li>'
        for category, number in numbers.items()
    )
    return f'<ul class="key">{items}</ul>'

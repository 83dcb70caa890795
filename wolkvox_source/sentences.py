"""Every sentence that a person meets, in English and in Spanish, in one place.

A sentence says what happened in the words of the domain and gives the next step. Facts are named in
braces and are the same in both languages.
"""

from typing import Literal, get_args

Language = Literal["en", "es"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

_language: Language = "en"


def speak(language: Language) -> None:
    """Choose the language of every sentence from here on; English until then."""
    global _language
    _language = language


def language_of_locale(locale: str | None) -> Language:
    """The language for a POSIX locale name such as `es_CO.UTF-8`; English where it is not Spanish."""
    return "es" if (locale or "").lower().startswith("es") else "en"


def say(key: str, **facts: object) -> str:
    """The sentence `key` with its facts, in the chosen language. An unknown key is a KeyError."""
    english, spanish = SENTENCES[key]
    return (spanish if _language == "es" else english).format(**facts)


SENTENCES: dict[str, tuple[str, str]] = {
    # what wolkvox's answers mean (payload.py)
    "bad_token": (
        "wolkvox did not accept the token ({quoted}): create a new one in wolkvox Manager and put it in "
        "the setting `token` of this operation.",
        "wolkvox no aceptó el token ({quoted}): cree uno nuevo en wolkvox Manager y póngalo en el ajuste "
        "`token` de esta operación.",
    ),
    "no_token": (
        "wolkvox received no token ({quoted}): put one in the setting `token` of this operation.",
        "wolkvox no recibió ningún token ({quoted}): póngalo en el ajuste `token` de esta operación.",
    ),
    "bad_request": (
        "wolkvox did not accept the request (HTTP {status}, {quoted}): check `server` and `base_url`, then "
        "whether a newer version of this package exists.",
        "wolkvox no aceptó la solicitud (HTTP {status}, {quoted}): revise `server` y `base_url`, y si hay una "
        "versión más nueva de este paquete.",
    ),
    "not_wolkvox": (
        "What answered at this address is not wolkvox's API (HTTP {status}, {quoted}): check `server` and `base_url`.",
        "Lo que respondió en esta dirección no es la API de wolkvox (HTTP {status}, {quoted}): revise `server` "
        "y `base_url`.",
    ),
    "redirected": (
        "wolkvox sent the request on to another address ({quoted}), where the token must not go: check "
        "`server` and `base_url`.",
        "wolkvox reenvió la solicitud a otra dirección ({quoted}), a donde el token no debe ir: revise "
        "`server` y `base_url`.",
    ),
    "budget_spent": (
        "The operation's daily budget of requests is spent ({quoted}): it starts again tomorrow; until "
        "then ask less often, here and in every other program that uses this operation's tokens.",
        "Se agotó el cupo diario de consumos de la operación ({quoted}): vuelve a empezar mañana; hasta "
        "entonces consulte menos, aquí y en cada programa que use los tokens de esta operación.",
    ),
    "too_many_at_once": (
        "Other programs are using this token right now ({quoted}): the next run tries again; give this "
        "connector a token of its own.",
        "Otros programas están usando este token ahora mismo ({quoted}): la próxima ejecución lo intenta de "
        "nuevo; dé a este conector un token propio.",
    ),
    "maintenance": (
        "wolkvox is closed for maintenance or a backup (HTTP {status}, {quoted}): the next run tries again; "
        "if it lasts more than an hour, ask wolkvox support.",
        "wolkvox está cerrado por mantenimiento o copia de seguridad (HTTP {status}, {quoted}): la próxima "
        "ejecución lo intenta de nuevo; si dura más de una hora, pregunte al soporte de wolkvox.",
    ),
    "server_error": (
        "wolkvox failed on its side (HTTP {status}, {quoted}): the next run tries again; if it lasts more "
        "than an hour, ask wolkvox support.",
        "wolkvox falló de su lado (HTTP {status}, {quoted}): la próxima ejecución lo intenta de nuevo; si "
        "dura más de una hora, pregunte al soporte de wolkvox.",
    ),
    "unreadable": (
        "wolkvox answered something that is not a report ({problem}; it begins {quoted}): nothing was "
        "loaded; if it repeats, send this line to wolkvox support.",
        "wolkvox respondió algo que no es un reporte ({problem}; comienza {quoted}): no se cargó nada; si se "
        "repite, envíe esta línea al soporte de wolkvox.",
    ),
    "too_many_fields": (
        "The report's records have {fields} unknown fields, and {most} are the most that agents may bring: nothing "
        "was loaded for this operation; ask wolkvox support what the report holds.",
        "Los registros del reporte tienen {fields} campos desconocidos, y un agente puede traer {most} como máximo: no "
        "se cargó nada de esta operación; pregunte al soporte de wolkvox qué contiene el reporte.",
    ),
    "too_large": (
        "wolkvox's answer passed {limit_mb} MB, the documented ceiling, and was not read further: nothing "
        "was loaded; ask wolkvox support what the report holds.",
        "La respuesta de wolkvox pasó de {limit_mb} MB, el máximo documentado, y no se leyó más: no se cargó "
        "nada; pregunte al soporte de wolkvox qué contiene el reporte.",
    ),
    # what the network says (client.py)
    "unreachable": (
        "No connection to {host} ({problem}): if the address is right, this machine's IP address may not "
        "be on the operation's allow-list; add it in wolkvox Manager.",
        "No hay conexión con {host} ({problem}): si la dirección es correcta, puede que la IP de este equipo "
        "no esté en la lista permitida de la operación; agréguela en wolkvox Manager.",
    ),
    "no_such_host": (
        "There is no server named {host}: check `server` and `base_url`, and this machine's connection to the "
        "internet.",
        "No existe un servidor llamado {host}: revise `server` y `base_url`, y la conexión a internet de este equipo.",
    ),
    "interrupted": (
        "The connection to {host} broke before the answer was whole ({problem}): the next run tries again.",
        "La conexión con {host} se cortó antes de completar la respuesta ({problem}): la próxima ejecución lo "
        "intenta de nuevo.",
    ),
    "token_in_use": (
        "Another process on this machine has been using this token for more than {seconds} seconds: the "
        "next run tries again.",
        "Otro proceso de este equipo lleva más de {seconds} segundos usando este token: la próxima ejecución "
        "lo intenta de nuevo.",
    ),
    # creating agents (payload.py, client.py)
    "creation_refused": (
        "wolkvox did not create the agent (HTTP {status}, {quoted}): correct this row of the roster.",
        "wolkvox no creó el agente (HTTP {status}, {quoted}): corrija esta fila de la lista.",
    ),
    "unconfirmed": (
        "It is not known whether wolkvox created the agent ({problem}): run the same command again; it reads "
        "the report first and never creates anyone twice.",
        "No se sabe si wolkvox creó el agente ({problem}): ejecute el mismo comando otra vez; primero lee el "
        "reporte y nunca crea a nadie dos veces.",
    ),
    # creating agents: the roster (roster.py)
    "roster_missing": (
        "There is no file {path}: check the name and the folder.",
        "No existe el archivo {path}: revise el nombre y la carpeta.",
    ),
    "roster_format": (
        "{path} is not a roster that can be read: bring a CSV, Parquet, JSON or Excel file.",
        "{path} no es una lista que se pueda leer: traiga un archivo CSV, Parquet, JSON o Excel.",
    ),
    "roster_unreadable": (
        "{path} could not be read: open it where it was made and export it again, as CSV if possible.",
        "No se pudo leer {path}: ábralo donde se creó y expórtelo de nuevo, en CSV si es posible.",
    ),
    "roster_excel": (
        "Reading {path} takes one more library: pip install 'dlt-source-wolkvox[excel]', or save the sheet as CSV.",
        "Para leer {path} hace falta otra biblioteca: pip install 'dlt-source-wolkvox[excel]', o guarde la hoja como CSV.",
    ),
    "roster_headings": (
        "{path} has no line of headings with both a document and a name: name the columns `documento` and `nombre`, "
        "and if you like `usuario_sso` and `clave`.",
        "{path} no tiene una línea de encabezados con documento y nombre: llame a las columnas `documento` y `nombre`, "
        "y si quiere `usuario_sso` y `clave`.",
    ),
    "roster_heading_twice": (
        "{path} has two columns for the same thing, {first!r} and {second!r}: leave one of them.",
        "{path} tiene dos columnas para lo mismo, {first!r} y {second!r}: deje una sola.",
    ),
    "roster_surname": (
        "{path} has a column {heading!r} of its own: put the whole name in one column, as wolkvox is to show it.",
        "{path} tiene aparte una columna {heading!r}: ponga el nombre completo en una sola columna, como wolkvox lo "
        "debe mostrar.",
    ),
    "roster_empty": ("{path} wants no agents: it has no rows.", "{path} no pide ningún agente: no tiene filas."),
    "roster_problems": (
        "Nothing was sent. Correct {path}, {count} to go:",
        "No se envió nada. Corrija {path}, faltan {count}:",
    ),
    "roster_line": ("line {line}: {problem}", "línea {line}: {problem}"),
    "row_no_document": ("there is no document", "falta el documento"),
    "row_no_name": ("there is no name", "falta el nombre"),
    "row_scientific": (
        "a spreadsheet turned the document into {document}; make the column text and enter it again",
        "una hoja de cálculo convirtió el documento en {document}; ponga la columna como texto y escríbalo de nuevo",
    ),
    "row_document_empty": (
        "{document!r} is not a document",
        "{document!r} no es un documento",
    ),
    "row_unprintable": (
        "the document, the name or the network user holds characters that cannot be seen; write it again",
        "el documento, el nombre o el usuario de red tiene caracteres que no se ven; escríbalo de nuevo",
    ),
    "row_document_twice": (
        "the document stands on line {other} too",
        "el documento está también en la línea {other}",
    ),
    "row_document_alike": (
        "the document differs from the one on line {other} only in zeros, dots or spaces",
        "el documento se diferencia del de la línea {other} solo en ceros, puntos o espacios",
    ),
    "row_sso_twice": (
        "the network user stands on line {other} too",
        "el usuario de red está también en la línea {other}",
    ),
    "row_password_weak": (
        "the password needs an upper-case letter, a lower-case letter, a digit and one of {special}",
        "la clave necesita una mayúscula, una minúscula, un dígito y uno de {special}",
    ),
    "row_password_spaces": (
        "the password begins or ends with a space, or holds characters that cannot be seen",
        "la clave empieza o termina con un espacio, o tiene caracteres que no se ven",
    ),
    "row_columns": (
        "it has not {width} columns, as the headings have",
        "no tiene {width} columnas, como los encabezados",
    ),
    "row_quotes": (
        "a quotation mark stands in the middle of a value",
        "hay una comilla en medio de un valor",
    ),
    "row_unclosed": (
        "a quotation mark is opened here and never closed",
        "aquí se abre una comilla que nunca se cierra",
    ),
    # creating agents: the plan (planning.py, provisioning.py)
    "report_cut": (
        "The report announced {announced} agents and brought {received}, so nobody knows who exists: nothing was sent; "
        "run the same command again later.",
        "El reporte anunció {announced} agentes y trajo {received}, así que no se sabe quién existe: no se envió nada; "
        "ejecute el mismo comando más tarde.",
    ),
    "report_ceiling": (
        "The report brought {received} agents, wolkvox's ceiling, so it is probably cut and nobody knows who exists: "
        "nothing was sent; create these agents in wolkvox Manager.",
        "El reporte trajo {received} agentes, el máximo de wolkvox, así que probablemente está recortado y no se sabe "
        "quién existe: no se envió nada; cree estos agentes en wolkvox Manager.",
    ),
    "report_odd": (
        "The report holds something that is not an agent, so nobody knows who exists: nothing was sent; run the same "
        "command again later, and if it repeats ask wolkvox support.",
        "El reporte trae algo que no es un agente, así que no se sabe quién existe: no se envió nada; ejecute el mismo "
        "comando más tarde, y si se repite pregunte al soporte de wolkvox.",
    ),
    "report_no_documents": (
        "None of the {received} agents in the report has a document, so nobody knows who exists: nothing was sent; "
        "run the same command again later, and if it repeats ask wolkvox support.",
        "Ninguno de los {received} agentes del reporte tiene documento, así que no se sabe quién existe: no se envió "
        "nada; ejecute el mismo comando más tarde, y si se repite pregunte al soporte de wolkvox.",
    ),
    "report_empty": (
        "The report of {operation} has no agents: nothing was sent, since a wrong `server` or a missing report looks "
        "the same. If the operation is new, add --accept-empty (accept_empty=True in Python).",
        "El reporte de {operation} no tiene agentes: no se envió nada, porque un `server` equivocado o un reporte que "
        "falta se ven igual. Si la operación es nueva, agregue --accept-empty (accept_empty=True en Python).",
    ),
    "report_vanished": (
        "The report of {operation} has no agents, and the journal knows some who were there: nothing was sent; check "
        "`server` and the token, then run the same command again later.",
        "El reporte de {operation} no tiene agentes, y el registro conoce algunos que estaban: no se envió nada; "
        "revise `server` y el token, y ejecute el mismo comando más tarde.",
    ),
    "which_operation": (
        "There are several operations: say in which one to create with --operation, one of {known}.",
        "Hay varias operaciones: diga en cuál crear con --operation, una de {known}.",
    ),
    "note_other_name": (
        "the document is {agent_name}'s in wolkvox, agent {agent_id}",
        "en wolkvox el documento es de {agent_name}, agente {agent_id}",
    ),
    "note_other_spelling": (
        "agent {agent_id}, {agent_name}, has the document written {agent_dni}",
        "el agente {agent_id}, {agent_name}, tiene el documento escrito {agent_dni}",
    ),
    "note_other_document": (
        "the network user {agent_sso} is {agent_name}'s, agent {agent_id} with document {agent_dni}",
        "el usuario de red {agent_sso} es de {agent_name}, agente {agent_id} con documento {agent_dni}",
    ),
    "note_moved": (
        "created here as agent {agent_id}, who is now {agent_name} with document {agent_dni}",
        "creado desde aquí como agente {agent_id}, que ahora es {agent_name} con documento {agent_dni}",
    ),
    "note_disabled": ("disabled: enable in wolkvox Manager", "deshabilitado: habilítelo en wolkvox Manager"),
    "note_reuse": (
        "re-use? {agent_id}, {name}, is disabled and holds a slot",
        "¿reutilizar? {agent_id}, {name}, está deshabilitado y ocupa un cupo",
    ),
    "note_confirmed": (
        "asked for at {at} without a clear answer; the report has them now",
        "pedido a las {at} sin respuesta clara; el reporte ya lo tiene",
    ),
    "note_waiting": (
        "asked for at {at} without a clear answer; run again after {after}",
        "pedido a las {at} sin respuesta clara; ejecute de nuevo después de las {after}",
    ),
    "note_again": (
        "asked for at {at} without a clear answer and still absent: to be sent again",
        "pedido a las {at} sin respuesta clara y aún ausente: se enviará de nuevo",
    ),
    "note_recent": (
        "created at {at}; the report does not list them yet",
        "creado a las {at}; el reporte aún no lo muestra",
    ),
    "note_gone": (
        "created at {at} as agent {agent_id}, gone from the report since: to be created again",
        "creado a las {at} como agente {agent_id}, desde entonces salió del reporte: se creará de nuevo",
    ),
    # creating agents: carrying it out (provisioning.py, passwords.py, journal.py)
    "provisioning_running": (
        "Another run is creating agents in {operation} (PID {pid}): wait for its end, then run the same command again.",
        "Otra ejecución está creando agentes en {operation} (PID {pid}): espere a que termine y ejecute el mismo "
        "comando de nuevo.",
    ),
    "journal_unusable": (
        "The journal {path} cannot be used ({problem}): nothing was sent; make its folder writable. Do not delete it: it "
        "knows who was asked for.",
        "El registro {path} no se puede usar ({problem}): no se envió nada; permita escribir en su carpeta. No lo "
        "borre: sabe a quién se pidió.",
    ),
    "journal_unwritable": (
        "The journal {path} could not be written ({problem}): the run stopped; make room on the disk and run the same "
        "command again.",
        "No se pudo escribir el registro {path} ({problem}): la ejecución se detuvo; libere espacio en el disco y "
        "ejecute el mismo comando de nuevo.",
    ),
    "passwords_exist": (
        "There is already a file {path}, and passwords never overwrite one: name another with --passwords.",
        "Ya existe un archivo {path}, y las claves nunca sobrescriben ninguno: indique otro con --passwords.",
    ),
    "passwords_no_folder": (
        "The folder of {path} does not exist: make it, or name another file with --passwords.",
        "La carpeta de {path} no existe: créela, o indique otro archivo con --passwords.",
    ),
    "passwords_unwritable": (
        "The file of passwords {path} cannot be written ({problem}): the run stopped; make room or name another file "
        "with --passwords.",
        "No se puede escribir el archivo de claves {path} ({problem}): la ejecución se detuvo; libere espacio o "
        "indique otro archivo con --passwords.",
    ),
    "message_discarded": (
        "its password was discarded: reset it in wolkvox Manager",
        "su clave se descartó: restablézcala en wolkvox Manager",
    ),
    "message_password_lost": (
        "its password could not be saved: reset it in wolkvox Manager",
        "su clave no se pudo guardar: restablézcala en wolkvox Manager",
    ),
    "message_no_password": (
        "wolkvox answered no password: reset it in wolkvox Manager",
        "wolkvox no respondió una clave: restablézcala en wolkvox Manager",
    ),
    "message_confirmed": (
        "found in the report; its password is the one in the roster",
        "está en el reporte; su clave es la de la lista",
    ),
    "message_confirmed_saved": (
        "found in the report; its password is in the file",
        "está en el reporte; su clave está en el archivo",
    ),
    "message_password_unknown": (
        "found in the report; nobody knows its password: reset it in wolkvox Manager",
        "está en el reporte; nadie conoce su clave: restablézcala en wolkvox Manager",
    ),
    "message_not_sent": ("not sent: the run stopped before", "no se envió: la ejecución se detuvo antes"),
    "message_not_in_plan": (
        "not sent: not to be created when the plan was made; run again",
        "no se envió: no estaba por crear cuando se hizo el plan; ejecute de nuevo",
    ),
    "sink_password": (
        "The table {table} has a column {heading!r}, and dlt has written it to its files by now: delete the "
        "pipeline's working directory, leave the column out and let wolkvox make the passwords.",
        "La tabla {table} tiene una columna {heading!r}, y dlt ya la escribió en sus archivos: borre el directorio "
        "de trabajo del pipeline, quite la columna y deje que wolkvox cree las claves.",
    ),
    "sink_unfinished": (
        "{count} of {wanted} agents do not exist yet; the first is {outcome}: {message}",
        "{count} de {wanted} agentes aún no existen; el primero está {outcome}: {message}",
    ),
    # creating agents: what the command prints (creating.py)
    "plan_title": (
        "Operation {operation}: {wanted} wanted, {listed} in the report",
        "Operación {operation}: {wanted} pedidos, {listed} en el reporte",
    ),
    "result_title": ("Operation {operation}: what became of it", "Operación {operation}: lo que resultó"),
    "column_line": ("line", "línea"),
    "column_document": ("document", "documento"),
    "column_name": ("name", "nombre"),
    "column_plan": ("plan", "plan"),
    "column_outcome": ("outcome", "resultado"),
    "column_agent_id": ("agent", "agente"),
    "column_note": ("note", "nota"),
    "word_create": ("create", "crear"),
    "word_exists": ("exists", "existe"),
    "word_confirmed": ("confirmed", "confirmado"),
    "word_conflict": ("conflict", "conflicto"),
    "word_waiting": ("waiting", "en espera"),
    "word_created": ("created", "creado"),
    "word_refused": ("refused", "rechazado"),
    "word_unconfirmed": ("unconfirmed", "sin confirmar"),
    "word_not_sent": ("not sent", "no enviado"),
    "plan_more": (
        "and {count} more like these",
        "y {count} más como estos",
    ),
    "plan_unused": ("Columns that are not used: {columns}", "Columnas que no se usan: {columns}"),
    "plan_slots": ("Slots left: {left}, wanted: {wanted}", "Cupos libres: {left}, pedidos: {wanted}"),
    "plan_no_slots": (
        "Slots left: {left}, wanted: {wanted}. wolkvox will refuse the rest: re-use disabled agents or buy licences.",
        "Cupos libres: {left}, pedidos: {wanted}. wolkvox rechazará el resto: reutilice agentes deshabilitados o "
        "compre licencias.",
    ),
    "plan_cost": (
        "Carrying it out makes {requests} requests of the daily budget",
        "Llevarlo a cabo hace {requests} consumos del cupo diario",
    ),
    "plan_cost_of": (
        "Carrying it out makes {requests} requests of the daily budget of {budget}",
        "Llevarlo a cabo hace {requests} consumos del cupo diario de {budget}",
    ),
    "plan_discarded": (
        "Without --passwords FILE the passwords that wolkvox makes are discarded: each must be reset in wolkvox Manager.",
        "Sin --passwords ARCHIVO las claves que wolkvox crea se descartan: habrá que restablecer cada una en wolkvox "
        "Manager.",
    ),
    "plan_passwords": (
        "Passwords will go to {path}, which only you can read",
        "Las claves irán a {path}, que solo usted puede leer",
    ),
    "plan_passwords_begun": (
        "Passwords will be added to {path}, which an unfinished run began",
        "Las claves se agregarán a {path}, que empezó una ejecución sin terminar",
    ),
    "plan_only": (
        "Nothing was sent. To create these agents, add --apply.",
        "No se envió nada. Para crear estos agentes, agregue --apply.",
    ),
    "plan_nothing": ("There is nobody to create.", "No hay a quién crear."),
    "ask_apply": (
        "Create {count} agents in {operation}? [y/N] ",
        "¿Crear {count} agentes en {operation}? [s/N] ",
    ),
    "ask_declined": ("Nothing was sent.", "No se envió nada."),
    "ask_needs_terminal": (
        "Nothing was sent: nobody is at a terminal to be asked; add --yes to --apply.",
        "No se envió nada: no hay nadie en una terminal a quien preguntar; agregue --yes a --apply.",
    ),
    "creating_stops": (
        "Stopping after the agent under way; once more to stop at once.",
        "Se detiene tras el agente en curso; otra vez para detener de inmediato.",
    ),
    "result_incomplete": (
        "{count} of {wanted} agents do not exist yet: run the same command again; nobody is created twice.",
        "{count} de {wanted} agentes aún no existen: ejecute el mismo comando de nuevo; nadie se crea dos veces.",
    ),
    "result_complete": ("Every wanted agent exists.", "Todos los agentes pedidos existen."),
    "record_failed": (
        "The outcomes are not in the warehouse yet; the next run loads them. {problem}",
        "Los resultados aún no están en la bodega de datos; la próxima ejecución los carga. {problem}",
    ),
    "bad_number": (
        "{option} must be a number of at least {least}.",
        "{option} debe ser un número de al menos {least}.",
    ),
    # the guard (guard.py)
    "guard_announced": (
        "The report announced {announced} records and brought {received}: nothing was loaded for this "
        "operation. To accept it once: wolkvox sync --accept-loss {operation}",
        "El reporte anunció {announced} registros y trajo {received}: no se cargó nada de esta operación. "
        "Para aceptarlo una vez: wolkvox sync --accept-loss {operation}",
    ),
    "guard_ceiling": (
        "The report brought exactly {received} records, wolkvox's ceiling, so it is probably cut: nothing "
        "was loaded for this operation. To accept it once: wolkvox sync --accept-loss {operation}",
        "El reporte trajo exactamente {received} registros, el máximo de wolkvox, así que probablemente está "
        "recortado: no se cargó nada de esta operación. Para aceptarlo una vez: wolkvox sync --accept-loss "
        "{operation}",
    ),
    "guard_vanished": (
        "{vanished} of {known} agents are missing from the report all at once: nothing was loaded for this "
        "operation. To accept it once: wolkvox sync --accept-loss {operation}",
        "Faltan de golpe {vanished} de {known} agentes en el reporte: no se cargó nada de esta operación. "
        "Para aceptarlo una vez: wolkvox sync --accept-loss {operation}",
    ),
    "guard_rejected": (
        "{rejected} of {received} records have no usable agent_id: nothing was loaded for this operation. "
        "To accept it once: wolkvox sync --accept-loss {operation}",
        "{rejected} de {received} registros no tienen un agent_id utilizable: no se cargó nada de esta "
        "operación. Para aceptarlo una vez: wolkvox sync --accept-loss {operation}",
    ),
    "guard_emptied": (
        "The column {column} is empty for all {received} records and was not before: nothing was loaded "
        "for this operation. To accept it once: wolkvox sync --accept-loss {operation}",
        "La columna {column} viene vacía en los {received} registros y antes no: no se cargó nada de esta "
        "operación. Para aceptarlo una vez: wolkvox sync --accept-loss {operation}",
    ),
    "guard_empty": (
        "The report has no agents and {known} were there before: nothing was loaded for this operation. "
        "Check `server` and the token; to accept it once: wolkvox sync --accept-loss {operation}",
        "El reporte no tiene agentes y antes había {known}: no se cargó nada de esta operación. Revise "
        "`server` y el token; para aceptarlo una vez: wolkvox sync --accept-loss {operation}",
    ),
    # settings (operations.py, snapshot.py)
    "bad_operation_name": (
        "The operation name {name!r} cannot be used: use letters, digits, `_` and `-` in `sources.wolkvox.operations`.",
        "El nombre de operación {name!r} no sirve: use letras, dígitos, `_` y `-` en `sources.wolkvox.operations`.",
    ),
    "twice_named": (
        "The operation {name!r} stands twice in `sources.wolkvox.operations`: name it once.",
        "La operación {name!r} está dos veces en `sources.wolkvox.operations`: nómbrela una sola vez.",
    ),
    "unknown_operation": (
        "There is no operation {name!r} in the configuration: it names {known}.",
        "No hay una operación {name!r} en la configuración: nombra {known}.",
    ),
    "missing_setting": (
        "The setting `{setting}` is missing: put it in {file}, or in the environment as {variable}.",
        "Falta el ajuste `{setting}`: póngalo en {file}, o en el entorno como {variable}.",
    ),
    "bad_timezone": (
        "The time zone {name!r} of operation {operation} does not exist: use a name such as "
        "America/Bogota, America/Lima or America/Santiago in the setting `timezone`.",
        "La zona horaria {name!r} de la operación {operation} no existe: use un nombre como "
        "America/Bogota, America/Lima o America/Santiago en el ajuste `timezone`.",
    ),
    "bad_address": (
        "{address!r} of operation {operation} is not a web address: check `server` (for example 0010) and `base_url`.",
        "{address!r} de la operación {operation} no es una dirección web: revise `server` (por ejemplo 0010) "
        "y `base_url`.",
    ),
    "bad_setting": (
        "The setting `{setting}` of operation {operation} is {value!r}, and must be {wanted}.",
        "El ajuste `{setting}` de la operación {operation} es {value!r}, y debe ser {wanted}.",
    ),
    "no_privacy_key": (
        "Operation {operation} asks to hash {columns}, and there is no key: put a long random text in the "
        "secret `privacy_key` and keep it, or the hashes will never join again.",
        "La operación {operation} pide cifrar {columns} con hash, y no hay clave: ponga un texto largo y "
        "aleatorio en el secreto `privacy_key` y consérvelo, o los hashes no volverán a coincidir.",
    ),
    # one tick (observation.py, sync.py)
    "unworkable": (
        "The report of operation {operation} could not be worked on, which is a fault of this package: nothing "
        "was loaded for it; report it with the output of wolkvox sync --verbose.",
        "El reporte de la operación {operation} no se pudo procesar, lo cual es una falla de este paquete: no se "
        "cargó nada de ella; repórtelo con la salida de wolkvox sync --verbose.",
    ),
    "clock_went_back": (
        "This machine's clock says {now}, but this operation was last observed at {last}: nothing was "
        "loaded; set the clock right (timedatectl status), or wait until it has passed that time.",
        "El reloj de este equipo dice {now}, pero esta operación se observó por última vez a las {last}: no "
        "se cargó nada; ponga el reloj en hora (timedatectl status) o espere a que pase esa hora.",
    ),
    "demo_title": ("A simulated morning", "Una mañana simulada"),
    "demo_statuses": (
        "Who is here now, by status (view agents_now)",
        "Quién está ahora, por estado (vista agents_now)",
    ),
    "demo_connections": (
        "Latest connections (table agent_connections)",
        "Últimas conexiones (tabla agent_connections)",
    ),
    "demo_counts": (
        "{observations} observations found {agents} agents, {versions} versions of them and {connections} connections.",
        "{observations} observaciones encontraron {agents} agentes, {versions} versiones de ellos y {connections} "
        "conexiones.",
    ),
    "demo_next": ("To look further, in {file}:", "Para ver más, en {file}:"),
    "bad_interval": (
        "{value!r} is no interval: use a number and a unit, such as 30s, 5m or 1h.",
        "{value!r} no es un intervalo: use un número y una unidad, como 30s, 5m o 1h.",
    ),
    "sync_running": (
        "Another sync of this pipeline is running ({holder}): nothing was done; the next run goes on from there.",
        "Otra sincronización de este pipeline está en curso ({holder}): no se hizo nada; la próxima ejecución "
        "continúa desde ahí.",
    ),
    "pending_finished": (
        "Finished what an earlier run had left: load package {package}.",
        "Se terminó lo que una ejecución anterior dejó pendiente: paquete de carga {package}.",
    ),
    "pending_aborted": (
        "An earlier run left load package {package}, which cannot be loaded ({problem}): it was set aside, and "
        "this run sends again whatever it held that is still true.",
        "Una ejecución anterior dejó el paquete de carga {package}, que no se puede cargar ({problem}): se "
        "descartó, y esta ejecución envía de nuevo lo que siga siendo cierto.",
    ),
    "working_folder": (
        "The working folder {folder} could not be read ({problem}), as after a power cut: it was made anew. What had "
        "been loaded is in the warehouse.",
        "No se pudo leer la carpeta de trabajo {folder} ({problem}), como tras un corte de luz: se creó de nuevo. Lo "
        "que ya se había cargado está en el almacén de datos.",
    ),
    "load_failed": (
        "wolkvox was asked, but what differs could not be loaded now ({problem}): it is kept, and the next run "
        "loads it first.",
        "Se consultó a wolkvox, pero ahora no se pudo cargar lo que cambió ({problem}): queda guardado, y la próxima "
        "ejecución lo carga primero.",
    ),
    "pending_foreign": (
        "An earlier run left load package {package} for another destination: it was set aside.",
        "Una ejecución anterior dejó el paquete de carga {package} para otro destino: se descartó.",
    ),
    # the warehouse (destination.py, publish.py)
    "destination_held": (
        "The DuckDB file is held open by another program ({holder}): nothing was lost; close it there and open "
        "the readers' copy, wolkvox_read.duckdb, instead.",
        "Otro programa tiene abierto el archivo DuckDB ({holder}): no se perdió nada; ciérrelo allí y abra en su "
        "lugar la copia para lectores, wolkvox_read.duckdb.",
    ),
    "disk_full": (
        "The disk is full ({problem}): free some space; the next run goes on from there.",
        "El disco está lleno ({problem}): libere espacio; la próxima ejecución continúa desde ahí.",
    ),
    "destination_not_duckdb": (
        "The destination is a file, but not DuckDB's ({problem}): name another file in "
        "DESTINATION__DUCKDB__CREDENTIALS, or move this one away.",
        "El destino es un archivo, pero no de DuckDB ({problem}): indique otro archivo en "
        "DESTINATION__DUCKDB__CREDENTIALS, o mueva este.",
    ),
    "destination_unwritable": (
        "The destination cannot be written ({problem}): check the folder and who may write there, or name "
        "another file in DESTINATION__DUCKDB__CREDENTIALS.",
        "No se puede escribir en el destino ({problem}): revise la carpeta y sus permisos, o indique otro archivo "
        "en DESTINATION__DUCKDB__CREDENTIALS.",
    ),
    "destination_setting": (
        "The destination's settings are missing or wrong ({fields}): put them in .dlt/secrets.toml under "
        "[destination.<name>.credentials].",
        "Faltan ajustes del destino o están mal ({fields}): póngalos en .dlt/secrets.toml bajo "
        "[destination.<nombre>.credentials].",
    ),
    "destination_package": (
        "The destination needs the Python package {package}: pip install 'dlt-source-wolkvox[postgres]' for "
        "PostgreSQL, pip install 'dlt[<name>]' for another one.",
        "El destino necesita el paquete de Python {package}: pip install 'dlt-source-wolkvox[postgres]' para "
        "PostgreSQL, pip install 'dlt[<nombre>]' para otro.",
    ),
    "destination_unknown": (
        "There is no destination {name!r}: use duckdb, postgres or another one that dlt knows.",
        "No existe el destino {name!r}: use duckdb, postgres u otro que dlt conozca.",
    ),
    "destination_unreachable": (
        "The destination cannot be read or written now ({problem}), so wolkvox was not asked: the next run tries "
        "again.",
        "Ahora no se puede leer ni escribir en el destino ({problem}), así que no se consultó a wolkvox: la "
        "próxima ejecución lo intenta de nuevo.",
    ),
    "copy_failed": (
        "The data is loaded, but the readers' copy could not be renewed ({problem}): readers still see the copy "
        "before; the next run tries again.",
        "Los datos están cargados, pero no se pudo renovar la copia para lectores ({problem}): los lectores "
        "siguen viendo la anterior; la próxima ejecución lo intenta de nuevo.",
    ),
    "views_failed": (
        "The data is loaded, but the views could not be renewed ({problem}): the next run tries again.",
        "Los datos están cargados, pero no se pudieron renovar las vistas ({problem}): la próxima ejecución lo "
        "intenta de nuevo.",
    ),
    "bad_categories": (
        "The file of status categories {path} cannot be used ({problem}): it needs the columns agent_status, "
        "operation, category, productive, paid.",
        "El archivo de categorías de estado {path} no sirve ({problem}): necesita las columnas agent_status, "
        "operation, category, productive, paid.",
    ),
    "unexpected": (
        "Something unexpected happened ({problem}): run again with --verbose and report what it prints.",
        "Ocurrió algo inesperado ({problem}): ejecute de nuevo con --verbose y reporte lo que imprime.",
    ),
    # doctor, status, schedule (doctor.py, reachability.py, freshness.py, schedule.py)
    "status_nothing": (
        "Nothing has been observed yet: run wolkvox sync.",
        "Todavía no se ha observado nada: ejecute wolkvox sync.",
    ),
    "status_never": (
        "{operation}: never observed: run wolkvox sync.",
        "{operation}: nunca observada: ejecute wolkvox sync.",
    ),
    "status_fresh": (
        "{operation}: last success {age} ago ({at}).",
        "{operation}: último éxito hace {age} ({at}).",
    ),
    "status_stopped": (
        "{operation}: stale: nobody has looked since the last success, {age} ago ({at}; the limit is {limit}): see "
        "that the schedule runs (crontab -l, systemctl list-timers), or ask wolkvox doctor.",
        "{operation}: desactualizada: nadie ha consultado desde el último éxito, hace {age} ({at}; el límite es "
        "{limit}): revise que la programación corra (crontab -l, systemctl list-timers), o ejecute wolkvox doctor.",
    ),
    "status_failing": (
        "{operation}: stale: the last success was {age} ago ({at}; the limit is {limit}), and attempts since then failed.",
        "{operation}: desactualizada: el último éxito fue hace {age} ({at}; el límite es {limit}) y los intentos "
        "desde entonces fallaron.",
    ),
    "status_no_success": (
        "{operation}: no attempt has succeeded yet.",
        "{operation}: ningún intento ha tenido éxito todavía.",
    ),
    "status_last": (
        "{operation}: the last attempt, {attempt} ago, was {outcome}. {message}",
        "{operation}: el último intento, hace {attempt}, fue {outcome}. {message}",
    ),
    "status_coverage": (
        "{operation}: {percent} % of today's expected ticks succeeded ({successful} of {expected}).",
        "{operation}: {percent} % de los ticks esperados de hoy tuvieron éxito ({successful} de {expected}).",
    ),
    "status_not_configured": (
        "{operation}: no longer in the configuration; last success {age} ago ({at}).",
        "{operation}: ya no está en la configuración; último éxito hace {age} ({at}).",
    ),
    "status_unmapped": (
        "{operation}: agents in {agent_status!r}, a status without a category: {agents}. Add it to a CSV of your own "
        "and name that in the setting `status_categories`.",
        "{operation}: agentes en {agent_status!r}, un estado sin categoría: {agents}. Agréguelo a un CSV propio e "
        "indíquelo en el ajuste `status_categories`.",
    ),
    "interval_too_long": (
        "{value!r} is longer than a day: use 24h or less.",
        "{value!r} es más de un día: use 24h o menos.",
    ),
    "schedule_begins": (
        "A tick every {interval}, the first one now, then on the clock. Ctrl-C ends it after the tick under way.",
        "Un tick cada {interval}, el primero ahora y luego según el reloj. Ctrl-C termina tras el tick en curso.",
    ),
    "schedule_missed": (
        "Ticks missed and skipped: {count}, since one took too long, or this machine slept or its clock was set. The "
        "next one is at {next}.",
        "Ticks perdidos y omitidos: {count}, porque uno tardó demasiado, o el equipo durmió o se ajustó su reloj. El "
        "próximo es a las {next}.",
    ),
    "schedule_clock_back": (
        "This machine's clock went back, to {now}: the next tick is at {next}.",
        "El reloj de este equipo retrocedió, a {now}: el próximo tick es a las {next}.",
    ),
    "schedule_ends": (
        "The ticks end here (exit code {code}), since going on would not help until a setting is changed.",
        "Los ticks terminan aquí (código de salida {code}), pues continuar no sirve hasta que se cambie un ajuste.",
    ),
    "schedule_stopping": (
        "Stopping after the tick under way; Ctrl-C again to stop at once.",
        "Se detiene tras el tick en curso; Ctrl-C otra vez para detener de inmediato.",
    ),
    "doctor_begins": (
        "This asks wolkvox at most {requests} times per operation, out of its daily budget, and changes nothing.",
        "Esto consulta a wolkvox a lo sumo {requests} veces por operación, de su cupo diario, y no cambia nada.",
    ),
    "doctor_ok": ("ok", "ok"),
    "doctor_note": ("note", "nota"),
    "doctor_fail": ("FAIL", "FALLA"),
    "doctor_well": (
        "Nothing is in the way of a sync. Requests made to wolkvox: {requests}.",
        "Nada impide una sincronización. Solicitudes hechas a wolkvox: {requests}.",
    ),
    "doctor_sick": (
        "Mend what failed, then run wolkvox doctor again. Requests made to wolkvox: {requests}.",
        "Corrija lo que falló y ejecute wolkvox doctor de nuevo. Solicitudes hechas a wolkvox: {requests}.",
    ),
    "doctor_version": (
        "This does not work here: {found}. Run: pip install {wanted}",
        "Esto no funciona aquí: {found}. Ejecute: pip install {wanted}",
    ),
    "doctor_slow": (
        "Without {missing}, {destination} is loaded as SQL text, which takes longer: pip install "
        "'dlt-source-wolkvox[{destination}]'",
        "Sin {missing}, {destination} se carga como texto SQL, que tarda más: pip install "
        "'dlt-source-wolkvox[{destination}]'",
    ),
    "doctor_folder": (
        "The working folder {folder} cannot be read ({problem}): the next sync makes a new one; nothing that is "
        "already in the destination is lost.",
        "La carpeta de trabajo {folder} no se puede leer ({problem}): la próxima sincronización crea una nueva; no se "
        "pierde nada de lo que ya está en el destino.",
    ),
    "doctor_files": (
        "Settings come from the environment and from these files, seen from the folder {folder}.",
        "Los ajustes vienen del entorno y de estos archivos, vistos desde la carpeta {folder}.",
    ),
    "doctor_absent": ("not there", "no existe"),
    "doctor_secret": ("(secret)", "(secreto)"),
    "doctor_default": ("default", "por defecto"),
    "doctor_operation": (
        "{operation}: its settings are complete; it is asked at {address}.",
        "{operation}: sus ajustes están completos; se consulta en {address}.",
    ),
    "settings_unreadable": (
        "The file of settings {file} cannot be read ({problem}): correct it.",
        "El archivo de ajustes {file} no se puede leer ({problem}): corríjalo.",
    ),
    "doctor_reached": (
        "{operation}: {host} is {address}, and port {port} opens ({took}).",
        "{operation}: {host} es {address}, y el puerto {port} abre ({took}).",
    ),
    "doctor_proxy": (
        " It is the proxy on the way to {host} (HTTPS_PROXY, HTTP_PROXY).",
        " Es el proxy en el camino a {host} (HTTPS_PROXY, HTTP_PROXY).",
    ),
    "doctor_no_names": (
        "This machine cannot look up {host} now: check its connection to the internet and its name servers.",
        "Este equipo no puede buscar {host} ahora: revise su conexión a internet y sus servidores de nombres.",
    ),
    "doctor_port": (
        "{host} exists, but its port {port} does not open ({problem}): wolkvox lets in only the IP addresses on the "
        "operation's allow-list, so add this machine's in wolkvox Manager. It goes out with {address}.",
        "{host} existe, pero su puerto {port} no abre ({problem}): wolkvox solo deja entrar las direcciones IP de la "
        "lista permitida de la operación, así que agregue la de este equipo en wolkvox Manager. Sale con {address}.",
    ),
    "doctor_private_address": (
        "{address}, which is private: what wolkvox sees is the public address of your network, so ask whoever runs it",
        "{address}, que es privada: wolkvox ve la dirección pública de su red, así que pregunte a quien la administra",
    ),
    "doctor_certificate": (
        "{host} answers, but its certificate is not accepted ({problem}): a firewall may be reading along; ask whoever "
        "runs the network for its certificate and name its file in SSL_CERT_FILE.",
        "{host} responde, pero no se acepta su certificado ({problem}): quizás un firewall inspecciona el tráfico; "
        "pida su certificado a quien administra la red e indique el archivo en SSL_CERT_FILE.",
    ),
    "doctor_budget": (
        "{operation}: the token is accepted, and {left} of {limit} requests are left today.",
        "{operation}: el token es aceptado, y quedan {left} de {limit} consumos hoy.",
    ),
    "doctor_budget_short": (
        "{operation}: the token is accepted, but only {left} of {limit} requests are left today, and its interval asks "
        "for {needed} more: ask less often, here and in every other program that uses this operation's tokens.",
        "{operation}: el token es aceptado, pero hoy solo quedan {left} de {limit} consumos, y su intervalo pide "
        "{needed} más: consulte menos, aquí y en cada programa que use los tokens de esta operación.",
    ),
    "doctor_budget_unknown": (
        "{operation}: wolkvox does not say how many requests are left today (report token_info).",
        "{operation}: wolkvox no dice cuántos consumos quedan hoy (reporte token_info).",
    ),
    "doctor_report": (
        "{operation}: the report is readable: {received} records, and {announced} announced.",
        "{operation}: el reporte se puede leer: {received} registros, y {announced} anunciados.",
    ),
    "doctor_announced": (
        "The report announced {announced} records and brought {received}, so a sync will not believe it: run this "
        "again; if it repeats, ask wolkvox support.",
        "El reporte anunció {announced} registros y trajo {received}, así que una sincronización no lo creerá: ejecute "
        "esto de nuevo; si se repite, pregunte al soporte de wolkvox.",
    ),
    "doctor_empty": (
        "{operation}: the report has no agents: check that `server` and the token belong to this operation.",
        "{operation}: el reporte no tiene agentes: revise que `server` y el token sean de esta operación.",
    ),
    "doctor_rejected": (
        "{operation}: records without a usable agent_id: {rejected}. They will be in the table rejected_records.",
        "{operation}: registros sin un agent_id utilizable: {rejected}. Quedarán en la tabla rejected_records.",
    ),
    "doctor_no_times": (
        "{operation}: no agent has a readable last_use, so the time zone {zone} cannot be checked.",
        "{operation}: ningún agente tiene un last_use legible, así que no se puede revisar la zona horaria {zone}.",
    ),
    "doctor_times": (
        "{operation}: the times are possible: the latest connection was at {latest}, and it is {here} in {zone}.",
        "{operation}: las horas son posibles: la última conexión fue a las {latest}, y son las {here} en {zone}.",
    ),
    "doctor_timezone": (
        "The time zone is wrong: the report has a connection at {latest}, and in {zone} it is only {here}. Put the zone "
        "of the operation in the setting `timezone`; if it is right, this machine's clock is wrong.",
        "La zona horaria está mal: el reporte tiene una conexión a las {latest}, y en {zone} apenas son las {here}. "
        "Ponga la zona de la operación en el ajuste `timezone`; si es correcta, el reloj de este equipo está mal.",
    ),
    "doctor_file": (
        "The destination {file} ({size}) can be written, nobody holds it, and the disk has {free} free.",
        "El destino {file} ({size}) se puede escribir, nadie lo tiene abierto, y el disco tiene {free} libres.",
    ),
    "doctor_new_file": (
        "The destination will be {file}: its folder can be written, and the disk has {free} free.",
        "El destino será {file}: su carpeta se puede escribir, y el disco tiene {free} libres.",
    ),
    "doctor_little_room": (
        "The disk has only {free} free, and {file} ({size}) needs room for the readers' copy too: free some space.",
        "El disco solo tiene {free} libres, y {file} ({size}) necesita espacio también para la copia de lectores: "
        "libere espacio.",
    ),
    "doctor_place": (
        "The destination {destination} answers, and its schema {dataset} can be written.",
        "El destino {destination} responde, y su esquema {dataset} se puede escribir.",
    ),
    "doctor_place_untried": (
        "The destination {destination} answers; whether {dataset} can be written was not tried, since it could not be "
        "taken back.",
        "El destino {destination} responde; no se probó si se puede escribir en {dataset}, pues no se podría deshacer.",
    ),
    "doctor_pending": (
        "An earlier run left load packages: {packages}. The next sync finishes them, or sets them aside and says so.",
        "Una ejecución anterior dejó paquetes de carga: {packages}. La próxima sincronización los termina, o los "
        "descarta y lo dice.",
    ),
    "doctor_no_pending": (
        "No load package is left from an earlier run.",
        "No queda ningún paquete de carga de una ejecución anterior.",
    ),
    # dashboard (dashboard.py, board); the first is the language that the page opens in
    "dashboard_language": ("en", "es"),
    "dashboard_no_data": (
        "There is no data in {file} yet: run `wolkvox sync` to load yours (`wolkvox doctor` says what is missing), or "
        "`wolkvox demo` and then `wolkvox dashboard --demo` to see simulated ones.",
        "Todavía no hay datos en {file}: ejecute `wolkvox sync` para cargar los suyos (`wolkvox doctor` dice qué "
        "falta), o `wolkvox demo` y luego `wolkvox dashboard --demo` para ver unos simulados.",
    ),
    "dashboard_unreadable": (
        "{file} cannot be read ({problem}): name the readers' copy, wolkvox_read.duckdb, with --file.",
        "No se puede leer {file} ({problem}): indique la copia para lectores, wolkvox_read.duckdb, con --file.",
    ),
    "dashboard_no_operation": (
        "The copy holds no operation {name!r}: it holds {known}.",
        "La copia no tiene una operación {name!r}: tiene {known}.",
    ),
    "dashboard_no_marimo": (
        "The dashboard needs the Python package marimo: pip install 'dlt-source-wolkvox[dashboard]'",
        "El tablero necesita el paquete de Python marimo: pip install 'dlt-source-wolkvox[dashboard]'",
    ),
    "dashboard_no_port": (
        "The dashboard cannot be served on port {port} ({problem}): choose another one with --port, or stop what "
        "uses it.",
        "El tablero no puede usar el puerto {port} ({problem}): elija otro con --port, o detenga lo que lo usa.",
    ),
    "dashboard_open": (
        "The dashboard is at {address} until you press Ctrl-C.",
        "El tablero está en {address} hasta que pulse Ctrl-C.",
    ),
    "dashboard_exported": (
        "Written to {file}: one page that opens anywhere, with the agents' names in it.",
        "Escrito en {file}: una página que abre en cualquier parte, con los nombres de los agentes.",
    ),
    "dashboard_not_written": (
        "{file} cannot be written ({problem}): choose another place.",
        "No se puede escribir {file} ({problem}): elija otro lugar.",
    ),
}

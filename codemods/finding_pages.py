"""What stands on each finding's page beside its title and recipe: what it means, and an example where one helps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Page:
    """The longer text of one kind: what it means and why, and code before and after ("" for none)."""

    meaning: str
    before: str = ""
    after: str = ""


PAGES: Final[dict[str, Page]] = {
    "STB101": Page(
        "Gladia has one live model, AssemblyAI has several. The choice follows the languages that the program "
        "sets and whether it asks for partials: `u3-rt-pro` for up to six languages without partials, "
        "`universal-3-6-pro` with partials or without a language, `whisper-rt` for languages that neither knows. "
        "`whisper-rt` has no turn settings and words without confidence.",
        '"language_config": {"languages": ["en"]}',
        '"language_codes": json.dumps(["en"]),\n"speech_model": "u3-rt-pro"',
    ),
    "STB102": Page(
        "The program never said after how much silence an utterance ends, so AssemblyAI's own rule is left in "
        "charge: a finished sentence ends after about 0.1 s, an unfinished one up to a second later. Gladia's "
        "default of 0.05 s would make AssemblyAI's turns worse, so it is written out with `--turns keep` only.",
        '{"sample_rate": 16000}',
        '{"sample_rate": 16000, "max_turn_silence": 100, "min_turn_silence": 100}',
    ),
    "STB103": Page(
        "Both services have the parameter, field or call, but it does not do quite the same. The text says what "
        "differs. The program runs; its transcripts may differ in that respect.",
        '"language_config": {"languages": ["de"]}   # German only',
        '"language_codes": json.dumps(["de"])   # German preferred',
    ),
    "STB104": Page(
        "The program relied on a default of the old service that the new one does not share, and that cannot be "
        "written down in its parameters (or was, where the text says so).",
    ),
    "STB105": Page(
        "A message is printed, logged or stored as it comes. That still works, but what comes has the other "
        "service's fields. A reader of that log or file has to know them.",
        "logger.debug(message)   # {'type': 'transcript', 'data': {...}}",
        "logger.debug(message)   # {'type': 'Turn', 'transcript': '...', ...}",
    ),
    "STB106": Page(
        "The key's variable got the new service's name. The program ends where it is not set: add it to the "
        "shell, the container, the secrets of CI. The old one can go once nothing reads it.",
        'os.environ["GLADIA_API_KEY"]',
        'os.environ["ASSEMBLYAI_API_KEY"]',
    ),
    "STB108": Page(
        "A comment, a text or a name still says the old service's name. It may be about something else (another "
        "product of the vendor, history, a name that other files use), so it was not changed.",
    ),
    "STB109": Page(
        "The request that opened the session had a header beside the key that has no use on the other side, such "
        "as a content type. It went.",
    ),
    "STB110": Page(
        "The POST stood in a `try` that handled a service that cannot be reached. There is no POST any more, so "
        "the `try` went. The same trouble comes from the socket's connect now.",
    ),
    "STB118": Page(
        "The program printed or logged the status, the headers or the object of the POST's answer, whatever the "
        "answer was. There is no POST any more, so there is nothing to tell: the line went. What is told of a refusal "
        "stays where the refusal is met.",
        'log.info("answered with %s", response.status_code)',
    ),
    "STB150": Page(
        "The comment names a code of which there is no finding at its statement, or a code that does not exist. "
        "It may have been moved away from its statement, or the migration is done and it has no work left.",
        "timeout = 5  # sttbridge: ignore[STB305]",
        "timeout = 5",
    ),
    "STB151": Page(
        "A comment hides the findings that it names, and none else, so that a new problem at the same line is not "
        "hidden with the old one.",
        'params["prompt"] = text  # sttbridge: ignore',
        'params["prompt"] = text  # sttbridge: ignore[STB305]',
    ),
    "STB152": Page(
        "Something of the program cannot be rewritten, and `--fallback shim` was given: the file that the program "
        "begins with installs the shim, which leads the old service's hosts to a gateway inside the process. The "
        "program keeps speaking the old API, the new service does the work. A file that has the line is not "
        "migrated any more: remove it to try again.",
        "import websockets",
        'import shim\n\nshim.install(api="gladia", over="assemblyai")\n\nimport websockets',
    ),
    "STB161": Page(
        "`--fallback shim` was given, and something here cannot be rewritten. But the shim leads the old service's "
        "hosts to a gateway inside the process, and the program needs one of them for something else: Gladia's "
        "recordings are on the host of its live sessions, so a request for one would be answered with 404. Or a module "
        "of the program is named `shim` itself.",
        'requests.post("https://api.gladia.io/v2/pre-recorded", ...)',
    ),
    "STB153": Page(
        "A branch or handler only prints or logs a message that the other service never sends. It went, and "
        "nothing else hung on it.",
        'elif message["type"] == "speech_end":\n    print("pause")',
    ),
    "STB111": Page(
        "A class of the program (a TypedDict, a dataclass) describes the old service's documents. Nothing reads it "
        "when the program runs, so it was left; a type checker may complain now.",
    ),
    "STB112": Page(
        "The old service was sent a dictionary of all fields of an object. The new service's parameters are written "
        "out from those fields that it has a use for; the class and whoever else reads it stayed as they were. Or a "
        "setting named the model: Gladia has one, and AssemblyAI's is chosen by the languages and by whether partials "
        "are asked for. Whoever changes such a setting changes nothing.",
        "json=asdict(config)",
    ),
    "STB114": Page(
        "The program asks the old service for the transcript of a recording, a language model or the like by HTTP, "
        "and opens no live session. Only live sessions are migrated.",
    ),
    "STB115": Page(
        "The program reads its audio itself, in chunks over which AssemblyAI ends a session: it takes 50 to 1000 ms "
        "in one message. The constant for the size was changed, and with it a wait of the same length and what counts "
        "the chunks. Where others decide how long a frame is or when it is sent, or a voice detector wants just that "
        "length, the frames go through a buffer that is sent once it is long enough; what is left in it goes out "
        "before the stop.",
        "CHUNK = 320  # at 16000 a second",
        "CHUNK = 1600",
    ),
    "STB113": Page(
        "Nothing could be renamed where the key comes from: it is written in the program, read from a variable with a "
        "name that would do for any service, or handed in by a caller or a setting that the run does not see, "
        "whatever its name. The program would send the old service's key to the new one until somebody puts the "
        "new one there.",
        '{"X-Gladia-Key": os.environ["SPEECH_KEY"]}',
        '{"Authorization": os.environ["SPEECH_KEY"]}',
    ),
    "STB116": Page(
        "The program takes the service's address from a variable whose name would do for any service, and only falls "
        "back to the one that was replaced. Where a deployment still sets the old address, the program would call the "
        "old service, with the new service's key.",
        'BASE = os.environ.get("SPEECH_URL", "https://api.gladia.io")',
        'BASE = os.environ.get("SPEECH_URL", "wss://streaming.assemblyai.com")',
    ),
    "STB130": Page(
        "AssemblyAI's older models send a turn twice, first plain and then formatted. Gladia's transcripts are "
        "always formatted and come once, so the code for the plain one had nothing to do any more.",
        "if event.end_of_turn and not event.turn_is_formatted:\n    client.set_params(...)",
    ),
    "STB131": Page(
        "The program compares a close code with one that only the old service uses. The comparison stays and is "
        "never true: the new service refuses earlier, or by another code.",
    ),
    "STB140": Page(
        "No program of the run uses the old service's package any more, so its line became the new one's.",
    ),
    "STB141": Page(
        "The migrated programs import a package that the project did not depend on yet.",
    ),
    "STB142": Page(
        "Some program of the run still imports the old service's package, so the project still depends on it. "
        "Most often that is a program that could not be migrated, or one that uses another product of the vendor.",
    ),
    "STB143": Page(
        "A file with environment variables got a line for the new service's key, or for a variable that a migrated "
        "program reads by a new name. Values are never copied from one service to the other. A variable that is no "
        "key (a region, a limit) is added as a comment: set to nothing, it would take the place of a default.",
    ),
    "STB144": Page(
        "Documentation, a comment in a configuration file or the like names the old service: its key, its host, its "
        "package, and in a README or beside keys also its name alone, once no program uses it any more.",
    ),
    "STB145": Page(
        "A cell could not be parsed, even without its magics. It says nothing of the old service.",
    ),
    "STB146": Page(
        "The program asked for its session by a POST, and that went, or went to another library. What it was sent with "
        "is still among the dependencies, but no program of the run imports it; if tests do, they are named.",
        "httpx>=0.27",
    ),
    "STB154": Page(
        "The code that the comment stood at went, but a statement has its place. The comment was put above that, "
        "rather than lost.",
        '"bit_depth": 16,  # little endian',
        "# little endian\nPARAMETERS = {",
    ),
    "STB155": Page(
        "A function was rewritten so far that its docstring would be wrong. The finding has the old one's first line.",
        '"""Asks Gladia for the session\'s address."""',
        '"""The address of a session."""',
    ),
    "STB160": Page(
        "A server that passes audio on compares what its own clients say with a word that the old service's messages "
        "have as well; or the program reads such a word out of the answer of another service, whose address is known. "
        "Neither is a part of the migration: they go on saying it, so the word stays.",
        'said = json.loads(await page.receive_text())\nif said["type"] == "stop_recording":\n    ...',
    ),
    "STB157": Page(
        "The program does something at a message of a type that the old service never sends: another service's, a name "
        "from a draft, or an older version's. It was never done, and is not done now; the code stays as it is.",
        'elif message["type"] == "connected":\n    log.info("ready")',
    ),
    "STB163": Page(
        "AssemblyAI opens the socket and closes it where it refuses a session, so a handler for closed sockets met a "
        "wrong key as well. Gladia refuses the POST, which ends the program with the status and the text, or is an "
        "exception of another type. The callbacks of a `WebSocketApp` are not called for it either, and a loop around "
        "`run_forever`, which returned whatever had happened, is left. A handler for refused handshakes goes on being "
        "met by the socket's own, and not by the POST. Of handlers around the reading of messages alone those are "
        "told that end the program, raise something or return a value.",
        "except ConnectionClosed as error:\n    return 2 if error.code == 1008 else 1",
        'if not response.ok:\n    raise SystemExit(f"{response.status_code}: {response.text}")',
    ),
    "STB164": Page(
        "The program tells a wrong key from other refusals where the handshake is refused, and connects again after "
        "the others. AssemblyAI refuses a session by a message over a socket that is open, which no such handler met; "
        "Gladia refuses the POST, which stands among the attempts. What is not about the key, such as too many "
        "sessions at once (429), comes to the handler that connects again.",
        "except OSError:\n    await asyncio.sleep(delay)   # and once more",
        'if not response.ok:\n    raise ConnectionError(f"{response.status_code}: {response.text}")',
    ),
    "STB218": Page(
        "A refusal was the POST's, which stood in front of a `try`, or outside of the thread that opens the socket. It "
        "is raised where the socket is opened now. A handler there that is for lost connections takes a wrong key for "
        "one: it says the wrong thing, tries for ever, or passes over it. Where the type of the exception tells the "
        "two apart, the `try` was given a handler that lets a refusal pass; here it does not. The other way round, "
        "what the program raised for a message is raised for the POST, where the socket is opened, and comes before "
        "there is a socket: a `finally` that closes one without a test would fail there.",
        "if not response.ok:\n    raise ValueError(response.text)\ntry:\n    with connect(url) as ws:\n        ...\n"
        'except Exception:\n    log.warning("connection lost")',
        "except Exception as error:\n    if isinstance(error, ValueError):\n        raise\n"
        '    log.warning("connection lost")',
    ),
    "STB162": Page(
        "The program hands on the number of a refusal: as the status of an exception of its own, as an entry of an "
        "answer, to a table. It was Gladia's HTTP status or AssemblyAI's error code, and is the other's now. Where the "
        "program compares the number itself, the comparison names the other's numbers; what is done with it "
        "elsewhere, nobody can see from here.",
        "raise SessionError(response.status_code)   # 401",
        'raise SessionError(begin["error_code"])   # 1008',
    ),
    "STB360": Page(
        "The program does something of its own about one refusal. The new service refuses for that reason with the "
        "same number as for another one, or not at all, so this never comes true; what is done about every other "
        "refusal is done about this one too. The test stays, under a TODO.",
        "sys.exit(3 if response.status_code == 403 else 1)",
        '# TODO(sttbridge STB360): ...\nsys.exit(3 if begin["error_code"] == 403 else 1)',
    ),
    "STB158": Page(
        "The program did something of its own about one status: no credits, a plan without streaming. AssemblyAI gives "
        "the same code for that as for a wrong key; or what the program did hangs on names that go with the POST. "
        "So what it does about a refusal that it has no word for is done about this one too.",
        'if response.status_code == 402:\n    sys.exit("no credits")\nresponse.raise_for_status()',
        'if begin["type"] != "Begin":\n    raise RuntimeError(begin["error"])',
    ),
    "STB159": Page(
        "The program reads a field, by `.get(…)`, that the old service has not in this message: a name of an older "
        "version, of another service, or of nobody's. It got the default, and still gets it; the code stays as it is.",
        'if message.get("turn_is_final") or message["end_of_turn"]:',
        'if message.get("turn_is_final") or message["data"]["is_final"]:',
    ),
    "STB117": Page(
        "The audio comes from the callers of a function, from code that is not followed, or is a recording in a "
        "format that only the running program knows. Gladia takes pieces of any length; AssemblyAI takes 50 to 1000 "
        "ms in one message and closes the session over others (3007), the last piece of a recording included. Nothing "
        "says that they are too short here: it is worth a look at who sends what.",
        "async def send_audio(self, chunk):\n    await self.ws.send(chunk)",
        'await self.ws.send(chunk.ljust(1600, b"\\0"))  # 50 ms of 16 kHz, 16 bit',
    ),
    "STB201": Page(
        "The program sends something over the session's socket of which it cannot be told whether it is audio or "
        "JSON with audio inside. Raw audio is right for both services; JSON with audio would be refused.",
        "await ws.send(self.outgoing.get())",
    ),
    "STB202": Page(
        "AssemblyAI takes chunks of 50 to 1000 ms and closes the session with 3007 over others; Gladia takes any. "
        "Neither could the size be changed here, since something else hangs on it or a caller may give another, nor "
        "was there a place for a buffer.",
        "async def send_file(ws, path, size=64000):   # 2 s at 16 kHz, 16 bit",
        "async def send_file(ws, path, size=16000):   # 500 ms",
    ),
    "STB156": Page(
        "AssemblyAI begins a session at every connect, and so does the rewritten loop: the POST stands in it. Gladia "
        "can do more: its address can be opened again, and the session goes on with its ids and times.",
        "while True:\n    url = open_session()\n    async with connect(url) as ws:\n        ...",
        "url = open_session()\nwhile True:\n    async with connect(url) as ws:\n        ...",
    ),
    "STB203": Page(
        "A branch or handler does something at a message that the other service never sends. The program waits "
        "for it in vain: where it counts, releases or answers something there, that has to happen elsewhere. What was "
        "done at AssemblyAI's `Error` can stand where the POST is refused now, which the finding says then: it is no "
        "longer done for an error that comes later.",
        'elif message["type"] == "speech_start":\n    player.pause()',
    ),
    "STB221": Page(
        "The program reads a field that the other service's messages do not have, and says itself what it takes for a "
        "missing one: by `.get(…)`, by `getattr` with a default, by a test whether it is there. That is what it has "
        "from now on, and a branch that is only about the field went. It is so only where the program keeps, shows or "
        "hands on what it reads. Where it decides by it or reckons with it, there is a TODO (STB306).",
        'confidence = message.get("end_of_turn_confidence", 0.0)',
        "confidence = 0.0",
    ),
    "STB223": Page(
        "Gladia's texts and words begin with a blank, AssemblyAI's do not. Where texts are put together the blank is "
        "written; where the program compares with a text that begins with a blank, or parts the text at its blanks and "
        "counts the pieces, nobody but its author knows what it is there for.",
        'if text.startswith(" stop"):\n    ...',
        'if text.startswith("stop"):\n    ...',
    ),
    "STB205": Page(
        "The code that a comment stood at has no counterpart, and there is no code that the comment could go to. "
        "An edit that loses a comment is never made without `--unsafe`.",
    ),
    "STB206": Page(
        "Gladia continues a session when its address is opened again; AssemblyAI begins another. Ids and times "
        "start over, and what was said in between is lost.",
    ),
    "STB210": Page(
        "AssemblyAI begins a session at every connect; Gladia goes on with the one that the POST opened, as long as it "
        "has not ended. Websockets' own reconnecting loop puts the address together once, so that each pass opens the "
        "same session again: ids and times run on, but once the session has ended, the loop connects in vain.",
        "async for ws in connect(URL):\n    ...",
        "while True:\n    url = open_session()\n    async with connect(url) as ws:\n        ...",
    ),
    "STB211": Page(
        "Gladia's POST can fail and be made again; what takes its place only puts an address together, which never "
        "fails. A refused or failed session shows at the connect and at its first message, and nothing is tried again "
        "there.",
        'for attempt in range(3):\n    try:\n        return requests.post(...).json()["url"]\n    except OSError:\n'
        "        time.sleep(1)",
        'return f"wss://streaming.assemblyai.com/v3/ws?{urlencode(config)}"',
    ),
    "STB212": Page(
        "Gladia's POST says in which region a session runs; at AssemblyAI each region is a host of its own. Which one "
        "is asked for depends on a setting here, so the region of its default was written, or the service's usual one "
        "where it has none, under a TODO. Where data stays is a promise that somebody gave, and the program would "
        "break it in silence: so the file waits for --unsafe.",
        'REGION = os.getenv("GLADIA_REGION", "eu-west")\nrequests.post(f"{API}/v2/live?region={REGION}", ...)',
        "# TODO(sttbridge STB212): the region is only known when it runs: REGION;\n"
        "#     choose it there: AssemblyAI has streaming.eu.assemblyai.com and\n"
        "#     streaming.us.assemblyai.com, Gladia's POST ?region=eu-west and\n"
        "#     ?region=us-west",
    ),
    "STB217": Page(
        "What stands here ends in an exception with the old service's SDK whenever it is met: a method that its client "
        "does not have, a handler that takes one value where the SDK gives two, a loop over what gives nothing back. "
        "What was meant is plain, and the new service's SDK has just that, so that it was written: the program does "
        "from now on what it never did.",
        "client.send_audio(chunk)             # AssemblyAI's client has `stream`\n"
        "def on_error(error): ...             # called with the client and the error\n"
        "for _ in client.stream(chunks): ...  # `stream` gives nothing back",
        "session.send_audio(chunk)\ndef on_error(error): ...\nfor chunk in chunks:\n    session.send_audio(chunk)",
    ),
    "STB207": Page(
        "Gladia takes audio as fast as it comes. AssemblyAI closes the session with 3007 once the audio is well ahead "
        "of the clock, so a recording has to be sent at the pace at which it would be spoken. Of audio that is sent "
        "with pauses the first three seconds may come at once, and from then on a quarter more than was spoken: 256 ms "
        "every 100 ms are too many. ffmpeg gives what it reads from a file as fast as it can, unless it is told "
        "`-re`.",
        "for chunk in chunks:\n    await ws.send(chunk)",
        "for chunk in chunks:\n    await ws.send(chunk)\n    await asyncio.sleep(0.1)   # chunks of 100 ms",
    ),
    "STB208": Page(
        "Telephone services and browsers send frames of 20 ms, and a size in samples lasts as long as the file's rate "
        "says. AssemblyAI closes the session over chunks of less than 50 ms. Where one plain statement sends and the "
        "program ends the session in the same place, a buffer was written; here there was none. All of a file in one "
        "message lasts as long as the file: send it in pieces.",
    ),
    "STB209": Page(
        "AssemblyAI takes audio of any rate, Gladia's live sessions those of the list alone, and refuse the POST for "
        "another. The rewrite passes the rate on as it is, because the audio itself comes from elsewhere.",
        '{"sample_rate": 24000}',
        '{"sample_rate": 24000}   # refused until the audio comes at 32000, say',
    ),
    "STB230": Page(
        "The version of the SDK that the project pins refuses the model by name: its list of models is closed. "
        "The program ends with an error until the version is raised.",
    ),
    "STB219": Page(
        "The old service named the session in its answer to the POST. The program gives that id away before any socket "
        "is open: it returns it, keeps a table by it, tells a browser. The new service names a session in its first "
        "message, which is too late for that. So the program makes an id of its own, which serves wherever it only "
        "tells one session from another. It is not the service's: support, or a bill, knows the `id` of `Begin`.",
        'sessions[answer["id"]] = answer["url"]',
        "sessions[str(uuid.uuid4())] = url",
    ),
    "STB301": Page(
        "The file imports the service's SDK or holds its address, but no session could be followed from where it "
        "is opened to where its messages are read. Half a migration would break the program, so nothing was "
        "changed.",
    ),
    "STB302": Page(
        "The place that opens the session and the one that opens its socket are too far apart to be sure that "
        "they belong together: the address goes through a queue, a database, another process.",
    ),
    "STB303": Page(
        "The old service answers a POST with the session's address, id and date. The new one has no POST, and the "
        "id comes with the first message on the socket. A use of the answer could not be moved there.",
        'session = response.json()\nsave(session["id"])\nasync with connect(session["url"]) as ws:',
        'async with connect(URL) as ws:\n    begin = json.loads(await ws.recv())\n    save(begin["id"])',
    ),
    "STB304": Page(
        "Parameters are translated one by one, which takes knowing their names. Here some are only known when the "
        "program runs.",
        "config.update(json.load(file))",
        'config = {"sample_rate": 16000, "endpointing": 0.3}',
    ),
    "STB305": Page(
        "The session asks for something that the other service's live sessions do not have: translation, "
        "sentiment, a custom spelling, several channels, a format of audio, redaction. The parameter went and a "
        "TODO stands in its place; the program is unfinished until somebody has decided.",
        '"realtime_processing": {"translation": True}',
        "# TODO(sttbridge STB305): `realtime_processing.translation`: AssemblyAI's\n"
        "#     streaming has no translation; do its work in the program, do without\n"
        "#     it, or keep to the old service for this",
    ),
    "STB220": Page(
        "AssemblyAI takes 16-bit PCM or mu-law of one channel; Gladia takes more. How the audio is, only the running "
        "program knows here. The setting is looked up among those that there are, or tested before the session is "
        "opened: another one ends in a KeyError or a ValueError at that place, where audio that the service "
        "misunderstands would give a wrong transcript in silence.",
        '"bit_depth": self.bit_depth',
        '"encoding": {16: "pcm_s16le"}[self.bit_depth]',
    ),
    "STB356": Page(
        "What a caller gives here would have to be converted, and no expression does that for whatever it may be, or "
        "none that may stand in this place; or it decides what others are: those are written as its "
        "default has them, or as a choice where it is one of a few, such as a model. What is taken in whole, by "
        "`**extra`, is left out. The rest of the configuration is written, and a "
        "TODO stands in the place. Until it is done, the new service's default holds.",
        '"keyterms_prompt": self.terms',
        "# TODO(sttbridge STB356): `keyterms_prompt` may be a list or its text:\n"
        "#     self.terms; it is `realtime_processing.custom_vocabulary` and\n"
        "#     `realtime_processing.custom_vocabulary_config.vocabulary` from now\n"
        "#     on; give it in the new service's own values (sttbridge mapping), or\n"
        "#     do without it",
    ),
    "STB306": Page(
        "The program reads a field that the other service's messages do not have. The reading stays as it was, "
        "under a TODO, and fails when it is reached: a value made up in its place would be worse.",
        'print(message["data"]["utterance"]["speaker"])',
        '# TODO(sttbridge STB306): ...\nprint(message["speaker"])',
    ),
    "STB307": Page(
        "A refusal came as the POST's status and comes as the first message now. The test of the status is "
        "written in a way that could not be moved there without guessing.",
        "ok = ok and response.ok",
        'if not response.ok:\n    sys.exit(f"refused: {response.status_code}")',
    ),
    "STB308": Page(
        "Gladia takes audio as base64 inside JSON, AssemblyAI as the bytes themselves. Where the base64 is made "
        "could not be found from where it is sent.",
    ),
    "STB309": Page(
        "Statements were to go from a line that holds others too. It is not taken apart.",
    ),
    "STB310": Page(
        "The program asks the old service for something that the other one's live API does not have, and the request "
        "cannot be parted from the sessions: it asks for the job of the session that goes, whose id nobody but the new "
        "service knows; the session is opened with its answer; or both have their key or address by a way that nobody "
        "can split, such as one HTTP client that carries it, or an address of a caller's. What can be parted stays "
        "with a TODO (STB358).",
        'requests.get(f"https://api.gladia.io/v2/live/{session_id}", headers=headers)',
    ),
    "STB311": Page(
        "Where the key comes from is not known, or the address is put together so that its pieces cannot be told "
        "apart: a host of the user's own, a region of its own. What cannot be known is not rewritten.",
    ),
    "STB361": Page(
        "The request has Gladia's key and the path at which sessions are opened, but its address, or what stands in "
        "front of the path, is an argument, a setting or a file's that the program alone knows when it runs. What can "
        "be seen is rewritten; what stands there has to be changed where it stands, or the program finds nobody there.",
        'requests.post(self.endpoint_url, headers={"X-Gladia-Key": key}, json=config)',
    ),
    "STB213": Page(
        "A whole message, an utterance or its words go to readers who are not in the program: a browser, a callback "
        "that a caller gives, a file that others load. They know the old service's fields. So the program was given a "
        "function that puts what the new service sends into that form, times in its unit, and everybody outside goes "
        "on reading what they read. What the program itself reads is rewritten all the same. The text names the fields "
        "that the new service has nothing for, the types that do not come any more, and those that only the new "
        "service sends, which leave as they are. Fields that the program puts into messages itself are carried over. "
        "Events of an SDK that are made into dictionaries or JSON are treated alike.",
        "await browser.send_json(message)",
        "await browser.send_json(legacy_message(message))",
    ),
    "STB312": Page(
        "A message goes where it could not be followed, and the old service's form cannot be given to whoever reads it "
        "there: the message's type chooses who gets it, the program changes a field of the service's in it, a name "
        "holds a message or something else, or it is an event of an SDK that is handed on as it is. Whoever reads it "
        "there would look for fields that the other service does not send. Messages that only leave get the "
        "old form instead (STB213).",
        'handler = HANDLERS[message["type"]]   # filled by others\nhandler(message)',
        'on_text(message["data"]["utterance"]["text"])',
    ),
    "STB313": Page(
        "The last look at the file: a name that only the old service's messages have is read from something of "
        "which it is not known where it comes from. It may be a message.",
    ),
    "STB314": Page(
        "AssemblyAI's first message says that the session is there. At Gladia that is the answer to the POST. "
        "What the program does at the first message could not be moved behind it.",
    ),
    "STB350": Page(
        "What is read can be a field of several messages, or the message's type is used for more than a "
        "comparison. Each would be written in another way.",
        'first = message["data"]          # of any message',
        'if message["type"] == "transcript":\n    first = message["data"]',
    ),
    "STB351": Page(
        "The program tells the service something that the other one does not understand, such as `ForceEndpoint`. "
        "It would end the session as a bad message, so the statement went and a TODO stands there.",
        'await ws.send(json.dumps({"type": "ForceEndpoint"}))',
        "# TODO(sttbridge STB351): `ForceEndpoint`: ...",
    ),
    "STB352": Page(
        "As STB351, but the sending is part of a larger statement, or something was made for it alone, so that it "
        "cannot simply go.",
    ),
    "STB353": Page(
        "A branch handles a message that the other service never sends. It stays as it is, with a TODO, because "
        "its code may be wanted elsewhere.",
        'elif message["type"] == "translation":\n    show(message["data"]["translated_utterance"]["text"])',
    ),
    "STB354": Page(
        "After everything else was rewritten, the old service's host, key header, key variable or package is "
        "still used at this place. No rule knew what it is for.",
    ),
    "STB359": Page(
        "A test of a program that was moved hands it the old service's messages, stands in for a call that is gone, or "
        "looks for the old address. What a test gives a program is an example: the program was moved by what it does "
        "itself, and of the test only names were changed. It fails until somebody has it play the new service, which "
        "takes knowing what it is meant to show.",
        'assert parse(\'{"type": "transcript", "data": {...}}\') == "hello"',
        'assert parse(\'{"type": "Turn", "transcript": "hello", ...}\') == "hello"',
    ),
    "STB315": Page(
        "The program opens sessions for somebody else: it hands the session's address to a browser or an app. What "
        "runs there speaks the old service's protocol: it changes together with this program, or it stays as it is "
        "and a gateway serves it.",
        '@app.post("/session")\ndef session():\n    return {"url": open_session()}',
        "sttbridge serve --api gladia --over assemblyai   # for clients as they are",
    ),
    "STB316": Page(
        "Gladia's first realtime API opens a socket with the key in its first message. It differs in every respect "
        "from the one that followed, and nothing of it was rewritten.",
    ),
    "STB318": Page(
        "The key, or the environment variable that it comes from, is also given to another service, to a program that "
        "is started, or to the SDK that stays for recordings. After the move it would be the new service's key for "
        "the session and the wrong one there: a request would fail, and a key would reach somebody it is not for. "
        "Where the variable says the vendor's name, the session reads one of its own and nothing is said; here it "
        "could not.",
        'requests.post(BILLING, headers={"X-Key": os.environ["SPEECH_KEY"]})',
        'requests.post(BILLING, headers={"X-Key": os.environ["BILLING_KEY"]})',
    ),
    "STB317": Page(
        "The program speaks to both services already, mostly behind a setting that chooses between them. Moved, both "
        "ways would lead to one service, one of them under the other's name, and the setting would choose nothing any "
        "more. Which of them is to go is a decision that nobody but you can take.",
        'STREAMS = {"gladia": GladiaStream, "assemblyai": AssemblyAIStream}',
        'STREAMS = {"assemblyai": AssemblyAIStream}',
    ),
    "STB320": Page(
        "The SDK's client or session is used in a way that could not be followed: kept in a container, handed to "
        "a function that is not known, opened twice, chosen when the program runs.",
    ),
    "STB321": Page(
        "The function that is registered for an event is not in sight, is called by the program itself too, or is "
        "made when the program runs. The two SDKs call handlers with different arguments.",
        "client.on(StreamingEvents.Turn, HANDLERS[kind])",
        "client.on(StreamingEvents.Turn, on_turn)",
    ),
    "STB322": Page(
        "The other SDK's session has no such call, and the statement does more than make it.",
    ),
    "STB323": Page(
        "AssemblyAI gives temporary tokens to browsers. At Gladia the server opens the session and the browser "
        "gets its address, so both programs change. A program that opens sessions of its own beside its tokens is "
        "migrated, and the tokens stay with a TODO (STB358), as long as no session is opened with one. A function "
        "that gets a token with the program's own key, for the program's own sessions and nobody else, is not needed "
        "at Gladia: the key takes its place.",
    ),
    "STB222": Page(
        "The key of a session is also that of requests which stay with the old service, and it is given by a caller, "
        "by an argument of the program or by an object that nobody sees, or it is written in the program: it could not "
        "be had twice. It stays for those requests; the session reads the new service's key from the environment. A "
        "caller that brings a key of its own opens sessions under that one from now on.",
        'self.api_key = api_key or os.getenv("GLADIA_API_KEY")',
        'self.api_key = api_key or os.getenv("GLADIA_API_KEY")\n'
        'self.assemblyai_api_key = os.getenv("ASSEMBLYAI_API_KEY")',
    ),
    "STB358": Page(
        "The program has sessions, which go, and asks the old service for something else, which the new one's live API "
        "does not have: recordings, jobs, tokens. This call works on with the old service, by its own address and "
        "key; where it shared them with a session, the session has its own beside them now. A job or a token of the "
        "old service has nothing to do with the sessions that are opened from now on.",
        'requests.get(f"{GLADIA_BASE}/v2/live/{job}", headers=gladia_headers())',
        "# TODO(sttbridge STB358): GET /v2/live/… still goes to Gladia, which has\n"
        "#     only the sessions of before; keep the old service's key for it, do its\n"
        "#     work another way, or do without it\n"
        'requests.get(f"{GLADIA_BASE}/v2/live/{job}", headers=gladia_headers())',
    ),
    "STB324": Page(
        "A method is called that the old service's SDK has not got: written for another library or another version, or "
        "mistyped. The program fails there as it is. What was meant cannot be known, so that the call stays under a "
        "TODO, and fails as before.",
        "client.pause()",
        "# TODO(sttbridge STB324): AssemblyAI's client has no `pause`: this program\n"
        "#     fails there as it is; delete the call, or write what was meant\n"
        "session.pause()",
    ),
    "STB355": Page(
        "The client is made with an option that the other SDK's client does not take: an address, a region.",
    ),
    "STB357": Page(
        "An earlier run left this TODO. The file counts as unfinished, and `sttbridge migrate --check` fails, "
        "until it is done and the comment deleted.",
    ),
    "STB332": Page(
        "Files that share a session are migrated together or not at all. Another of them could not be.",
    ),
    "STB333": Page(
        "The rewrite would take a name away that another file imports from here.",
    ),
    "STB340": Page(
        "Lock files are made by tools and are not edited.",
    ),
    "STB341": Page(
        "A Dockerfile, a compose file, a CI file or the like passes the old service's key or package on.",
    ),
    "STB342": Page(
        "The session's parameters stand in a JSON or YAML file. The finding shows the document that the other "
        "service would be given.",
    ),
    "STB343": Page(
        "Only Python is rewritten. A program in another language can go on as it is: the gateway serves the old "
        "API over the new service.",
        "",
        "sttbridge serve --api gladia --over assemblyai",
    ),
    "STB344": Page(
        "A dependency is written in a way that is not edited, for example from a URL or computed in code.",
    ),
    "STB345": Page(
        "Files that git ignores hold real keys. They are read for names, and never written.",
    ),
    "STB346": Page(
        "A line that begins with `!` or `%` names the old service or its package.",
    ),
    "STB348": Page(
        "The notebook opens no session itself. It imports a program that does, and that program was moved: the key "
        "that the notebook reads is the old service's, which the new one refuses. The names of the program that the "
        "notebook uses were kept.",
        'GladiaProvider(os.environ["GLADIA_API_KEY"], 16000)',
        'GladiaProvider(os.environ["ASSEMBLYAI_API_KEY"], 16000)',
    ),
    "STB347": Page(
        "A cell that names the old service could not be parsed, even without its magics.",
    ),
    "STB401": Page(
        "Only valid Python of this interpreter's grammar can be migrated. The text says what the parser met.",
    ),
    "STB402": Page(
        "The file could not be opened, or its bytes do not fit its encoding.",
    ),
    "STB403": Page(
        "What cannot be written back byte for byte is not touched at all.",
    ),
    "STB404": Page(
        "An error of sttbridge itself. The file is as it was, and the other files were migrated.",
    ),
    "STB405": Page(
        "Following values through a file of a megabyte and more takes minutes. It is searched, not migrated.",
    ),
    "STB406": Page(
        "Following this file took longer than it is given. It is as it was.",
    ),
    "STB407": Page(
        "The process that worked on the file was ended from outside, most often for want of memory.",
    ),
    "STB408": Page(
        "The file nests expressions deeper than Python's own recursion allows to follow.",
    ),
    "STB440": Page(
        "Notebooks are checked against their format before and after, which takes the package `nbformat`.",
    ),
    "STB441": Page(
        "The file ends in `.ipynb` and is no notebook of a format that is known, or not valid JSON.",
    ),
    "STB442": Page(
        "A requirements file or `pyproject.toml` does not parse.",
    ),
}
"""The page of each kind, by its code."""

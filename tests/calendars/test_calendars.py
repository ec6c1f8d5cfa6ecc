"""Calendar files as readers of others see them. The files are those that a test of the timetable pipeline compares with what it writes.

python3 -m venv .local/calendars
.local/calendars/bin/pip install --requirement tests/calendars/requirements.txt
.local/calendars/bin/python -m unittest discover --start-directory tests/calendars
"""

import unittest
from datetime import date, datetime, time, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import recurring_ical_events
from icalendar import Calendar

FILES = Path(__file__).parents[2] / "crates/pipelines/src/timetable/golden"
UTC = timezone.utc


def calendar(name):
    return Calendar.from_ical((FILES / f"{name}.ics").read_bytes())


def starts(name, summary, first, last):
    """Where an event's occurrences start, by the reader's own expansion of its rule."""
    found = recurring_ical_events.of(calendar(name)).between(first, last)
    return sorted(event["DTSTART"].dt for event in found if event["SUMMARY"] == summary)


def dates(first, last, weekdays, without=()):
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return [day for day in days if day.weekday() in weekdays and day not in without]


HALF_TERM = [date(2026, 2, day) for day in range(16, 21)]
EASTER_MONDAY = date(2026, 4, 6)
TERM = date(2026, 1, 5), date(2026, 7, 17)
YEAR = date(2025, 9, 2), date(2026, 6, 26)
# Wider than every term, so that what a rule gives beyond its end would be seen.
AROUND = datetime(2025, 1, 1, tzinfo=UTC), datetime(2027, 12, 31, tzinfo=UTC)


class Files(unittest.TestCase):
    def test_there_are_files(self):
        self.assertEqual(sorted(path.stem for path in FILES.glob("*.ics")), ["london", "new-york", "week"])

    def test_nothing_is_complained_of(self):
        for path in FILES.glob("*.ics"):
            for part in calendar(path.stem).walk():
                self.assertEqual(part.errors, [], f"{path.name}: {part.name}")

    def test_lines_are_short_and_end_in_crlf(self):
        for path in FILES.glob("*.ics"):
            lines = path.read_bytes().split(b"\r\n")
            self.assertEqual(lines.pop(), b"")
            for line in lines:
                self.assertLessEqual(len(line), 75)
                self.assertNotIn(b"\n", line)
                line.decode()

    def test_each_event_has_an_id_of_its_own(self):
        for path in FILES.glob("*.ics"):
            ids = [event["UID"] for event in calendar(path.stem).walk("VEVENT")]
            self.assertEqual(len(ids), len(set(ids)), path.name)


class London(unittest.TestCase):
    def test_the_clock_shows_the_same_before_and_after_summer_time(self):
        maths = starts("london", "Maths", *AROUND)
        self.assertEqual([at.date() for at in maths], dates(*TERM, [0], [*HALF_TERM, EASTER_MONDAY]))
        self.assertEqual({at.time() for at in maths}, {time(9, 30)})
        change = date(2026, 3, 29)
        in_utc = {(at.date() > change, at.astimezone(UTC).time()) for at in maths}
        self.assertEqual(in_utc, {(False, time(9, 30)), (True, time(8, 30))})

    def test_one_event_has_all_its_days(self):
        lunch = starts("london", "Lunch", *AROUND)
        self.assertEqual([at.date() for at in lunch], dates(*TERM, range(5), [*HALF_TERM, EASTER_MONDAY]))
        self.assertEqual({at.time() for at in lunch}, {time(12)})

    def test_texts_come_back(self):
        events = {event["SUMMARY"]: event for event in calendar("london").walk("VEVENT")}
        self.assertIn("Music, Year 2; choir", events)
        maths = events["Maths"]
        self.assertEqual(maths["LOCATION"], "Room 4; upstairs")
        notes = "Consolidation, then:\ntimes tables \\ “arithmétique” – 数学の時間, 数学の時間, 数学の時間"
        self.assertEqual(maths["DESCRIPTION"], notes)
        self.assertEqual(maths["CATEGORIES"].cats, ["class"])


class Zones(unittest.TestCase):
    def test_the_rules_in_the_file_are_those_of_the_zone(self):
        for name, (first, last) in [("london", TERM), ("new-york", YEAR)]:
            (rules,) = calendar(name).walk("VTIMEZONE")
            # By what the file says, not by what its name says.
            ours, theirs = rules.to_tz(lookup_tzid=False), ZoneInfo(str(rules["TZID"]))
            at = datetime.combine(first, time())
            while at.date() <= last:
                self.assertEqual(at.replace(tzinfo=ours).utcoffset(), at.replace(tzinfo=theirs).utcoffset(), f"{name}: {at}")
                at += timedelta(hours=6)


class Others(unittest.TestCase):
    def test_a_week_has_single_events(self):
        expected = [datetime(2025, 9, day, 9, 30, tzinfo=UTC) for day in (1, 4)]
        self.assertEqual([event["DTSTART"].dt for event in calendar("week").walk("VEVENT")], expected)
        self.assertEqual(starts("week", "Maths", *AROUND), expected)

    def test_a_year_has_both_changes(self):
        homeroom = starts("new-york", "Homeroom", *AROUND)
        self.assertEqual([at.date() for at in homeroom], dates(*YEAR, [1, 3]))
        self.assertEqual({at.time() for at in homeroom}, {time(8, 15)})
        self.assertEqual({at.astimezone(UTC).time() for at in homeroom}, {time(12, 15), time(13, 15)})

    def test_an_edition_is_newer(self):
        events = calendar("new-york").walk("VEVENT")
        self.assertEqual({event["SEQUENCE"] for event in events}, {2})


if __name__ == "__main__":
    unittest.main()

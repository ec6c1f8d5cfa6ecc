"""DynamoDB Local gets the tables of the template. Run: python -m unittest discover -s infra/local"""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import dynamodb_local  # noqa: E402


class Tables(unittest.TestCase):
    def test_they_are_those_of_the_template(self):
        tables = dynamodb_local.tables()
        self.assertEqual(set(tables), {"JobsTable", "EventsTable", "LiveTable", "AccountsTable"})
        self.assertIn({"AttributeName": "job_id", "KeyType": "HASH"}, tables["JobsTable"]["KeySchema"])
        self.assertIn("due", [index["IndexName"] for index in tables["JobsTable"]["GlobalSecondaryIndexes"]])


if __name__ == "__main__":
    unittest.main()

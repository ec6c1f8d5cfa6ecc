import { expect, it } from "vitest";
import { newest } from "../src/jobs.js";
import { makeJob } from "./fake.js";

it("takes the details of a version that an event has told of already", () => {
  const files = [{ name: "a.txt", size: 1, content_type: "text/plain", sha256: null }];
  const running = makeJob({ version: 3, files, formats: [] });
  const told = newest(running, makeJob({ version: 4, status: "completed", formats: [], files }));
  const read = newest(told, makeJob({ version: 4, status: "completed", formats: ["json"], files }));
  expect(read.formats).toEqual(["json"]);
  const late = newest(read, makeJob({ version: 3, files, formats: [] }));
  expect(late).toBe(read);
});

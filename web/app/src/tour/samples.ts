// The samples of the tour. A pipeline is shown where the installation has it and a sample is listed here.

import novel from "../../../../samples/le-phare-de-kermor.pdf?url";
import timetable from "../../../../samples/timetable/05-vertical-letters.pdf?url";

export interface Sample {
  /** The pipeline that it is for. */
  pipeline: string;
  /** As the job shows it. */
  fileName: string;
  contentType: string;
  /** Where it lies. */
  url: string;
  /** What it is. */
  about: string;
  /** What to look for once it is done. */
  result: string;
  settings?: Readonly<Record<string, unknown>>;
}

export const SAMPLES: readonly Sample[] = [
  {
    pipeline: "novel",
    fileName: "le-phare-de-kermor.pdf",
    contentType: "application/pdf",
    url: novel,
    about: "A French story as a printed book: pages with headers, words broken at line ends, dialogue.",
    result:
      "Short sentences in reading order, each beside the one it comes from; marked where one is to be looked at.",
  },
  {
    pipeline: "timetable",
    fileName: "timetable-year-2.pdf",
    contentType: "application/pdf",
    url: timetable,
    about: "A class's week as a table, with merged cells and letters that stand below one another.",
    result: "The week as a grid that can be corrected, and a calendar to download.",
  },
];

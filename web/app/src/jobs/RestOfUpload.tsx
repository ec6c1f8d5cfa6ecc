import type { Job } from "@docmill/client";
import { Alert, Button, FileButton, Stack, Text } from "@mantine/core";
import { useState } from "react";

import { count } from "../shell/format";
import { Panel } from "../shell/parts";
import { UploadList } from "../upload/UploadList";
import { useUploads } from "../upload/uploads";

/** For a job that waits for its files: the upload where this page has it, or the way to go on with it. */
export function RestOfUpload({ job }: { job: Job }) {
  const { uploads, list } = useUploads();
  const [problem, setProblem] = useState<string | null>(null);
  if (list.some((upload) => upload.job?.job_id === job.job_id)) {
    return (
      <Panel>
        <UploadList />
      </Panel>
    );
  }
  const goOn = (chosen: readonly File[]) => {
    const files = inOrder(job, chosen);
    if (!files) {
      setProblem("These are not the files that the upload began with: name and size have to be the same.");
      return;
    }
    setProblem(null);
    uploads.goOn(job, files);
  };
  const files = job.files ?? [];
  return (
    <Panel>
      <Stack gap="sm" align="flex-start">
        <Text size="sm">
          The upload was interrupted. Choose{" "}
          {files.length === 1 ? `“${files[0]?.name}”` : `the ${count(files.length, "file")}`} again to go on:
          what has arrived is not sent twice.
        </Text>
        {problem && (
          <Alert color="red" role="alert">
            {problem}
          </Alert>
        )}
        <FileButton multiple={files.length > 1} onChange={(chosen) => chosen && goOn([chosen].flat())}>
          {(props) => <Button {...props}>Go on with the upload</Button>}
        </FileButton>
      </Stack>
    </Panel>
  );
}

/** The chosen files in the job's order, or null where one is missing. */
export function inOrder(job: Pick<Job, "files">, chosen: readonly File[]): File[] | null {
  const left = [...chosen];
  const files = (job.files ?? []).map(({ name, size }) => {
    const index = left.findIndex((file) => file.name === name && file.size === size);
    return index < 0 ? undefined : left.splice(index, 1)[0];
  });
  return files.length > 0 && files.every((file) => file !== undefined) ? files : null;
}

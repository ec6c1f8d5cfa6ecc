import { useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useCallback, useState } from "react";

import { Confirm } from "../shell/parts";
import { operationsKey } from "./queries";

/** Something that an operator may do, asked before it is done. */
export interface Question {
  title: string;
  /** What will happen, in words. */
  text: ReactNode;
  action: string;
  isDangerous: boolean;
  /** Does it; gives a sentence that says what was done. */
  run: () => Promise<string>;
}

interface Asking {
  ask: (question: Question) => void;
  /** To be shown: the dialog, and the sentence on what was done last. */
  dialog: ReactNode;
  done: string;
  /** Takes the sentence away. */
  forget: () => void;
}

/** Asks before each act, and reads the figures again after it. */
export function useAsk(): Asking {
  const queries = useQueryClient();
  // The question stays while its dialog closes.
  const [question, setQuestion] = useState<Question | null>(null);
  const [isOpen, setOpen] = useState(false);
  const [done, setDone] = useState("");

  const ask = useCallback((next: Question) => {
    setQuestion(next);
    setDone("");
    setOpen(true);
  }, []);
  const forget = useCallback(() => setDone(""), []);
  const confirm = async () => {
    if (!question) return;
    setDone(await question.run());
    void queries.invalidateQueries({ queryKey: operationsKey });
  };
  const dialog = question && (
    <Confirm
      title={question.title}
      action={question.action}
      keep="Leave it"
      isOpen={isOpen}
      isDangerous={question.isDangerous}
      onClose={() => setOpen(false)}
      onConfirm={confirm}
    >
      {question.text}
    </Confirm>
  );
  return { ask, dialog, done, forget };
}

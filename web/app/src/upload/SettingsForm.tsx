import { Button, Collapse, Group, Stack, Text } from "@mantine/core";
import { useId } from "react";

import { count } from "../shell/format";
import { SettingInput } from "./SettingInput";
import type { Field, FieldErrors, Values } from "./schema";

interface SettingsFormProps {
  fields: readonly Field[];
  /** What the form began with. */
  proposed: Values;
  values: Values;
  errors: FieldErrors;
  isOpen: boolean;
  onToggle: () => void;
  onChange: (values: Values) => void;
}

/** The settings of a pipeline, folded until somebody wants them. */
export function SettingsForm({
  fields,
  proposed,
  values,
  errors,
  isOpen,
  onToggle,
  onChange,
}: SettingsFormProps) {
  const id = useId();
  if (fields.length === 0) return null;
  const changed = fields.filter(
    ({ name }) => JSON.stringify(values[name]) !== JSON.stringify(proposed[name]),
  ).length;
  return (
    <div>
      <Group gap="sm">
        <Button
          variant="subtle"
          size="compact-sm"
          px={4}
          aria-expanded={isOpen}
          aria-controls={id}
          leftSection={<Chevron isOpen={isOpen} />}
          onClick={onToggle}
        >
          Settings
        </Button>
        <Text size="sm" c="dimmed">
          {changed === 0 ? "as proposed" : count(changed, "change")}
        </Text>
      </Group>
      <Collapse expanded={isOpen} transitionDuration={0} id={id}>
        <Stack gap="md" pt="sm">
          {fields.map((field) => (
            <SettingInput
              key={field.name}
              field={field}
              value={values[field.name]}
              errors={errors}
              onChange={(value) => onChange({ ...values, [field.name]: value })}
            />
          ))}
        </Stack>
      </Collapse>
      <TimeZones />
    </div>
  );
}

function Chevron({ isOpen }: { isOpen: boolean }) {
  return (
    <svg
      width="12"
      height="12"
      viewBox="0 0 12 12"
      aria-hidden="true"
      style={{ rotate: isOpen ? "90deg" : "0deg" }}
    >
      <path d="M4 2l4 4-4 4" fill="none" stroke="currentColor" strokeWidth="1.6" strokeLinecap="round" />
    </svg>
  );
}

/** Names that a text input of a time zone proposes. */
function TimeZones() {
  return (
    <datalist id="time-zones">
      {Intl.supportedValuesOf("timeZone").map((name) => (
        <option key={name} value={name} />
      ))}
    </datalist>
  );
}

/** Moves the keyboard to the first setting that something is wrong with. */
export function focusFirstError(form: HTMLElement | null): void {
  form?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
}

import {
  ActionIcon,
  Button,
  Checkbox,
  Fieldset,
  Group,
  JsonInput,
  NativeSelect,
  Stack,
  Text,
  TextInput,
} from "@mantine/core";

import { words } from "../shell/format";
import { IconPlus, IconTrash } from "../shell/icons";
import { blankOf, type Field, type FieldErrors, isRecord, type Kind } from "./schema";

interface InputProps {
  kind: Kind;
  label: string;
  description?: string;
  /** Where the value stands in the settings: `holidays[0].to`. */
  path: string;
  value: unknown;
  errors: FieldErrors;
  onChange: (value: unknown) => void;
}

/** The input of a setting. */
export function SettingInput({
  field,
  ...props
}: Omit<InputProps, "kind" | "label" | "path"> & { field: Field }) {
  return (
    <ValueInput
      {...props}
      kind={field.kind}
      label={field.label}
      description={field.description}
      path={field.name}
    />
  );
}

function ValueInput(props: InputProps) {
  const { kind, label, description, path, value, errors, onChange } = props;
  const common = { label, description, error: errors.get(path), id: `setting-${path}`, "data-setting": path };
  const text = typeof value === "string" ? value : "";
  switch (kind.type) {
    case "boolean":
      return (
        <Checkbox
          {...common}
          checked={value === true}
          onChange={(event) => onChange(event.currentTarget.checked)}
        />
      );
    case "choice":
      return (
        <NativeSelect
          {...common}
          value={String(value)}
          data={kind.options.map((option) => ({ value: String(option), label: words(String(option)) }))}
          onChange={({ currentTarget }) =>
            onChange(kind.options.find((option) => String(option) === currentTarget.value))
          }
        />
      );
    case "number":
      return <NumberField {...common} kind={kind} value={value} onChange={onChange} />;
    case "date":
    case "time":
      return (
        <TextInput
          {...common}
          type={kind.type}
          value={text}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      );
    case "text":
      return (
        <TextInput
          {...common}
          maxLength={kind.maxLength}
          autoComplete="off"
          value={text}
          list={path === "timezone" ? "time-zones" : undefined}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      );
    case "choices":
      return <Choices {...props} kind={kind} />;
    case "tuple":
    case "rows":
      return <List {...props} kind={kind} />;
    case "object":
      return (
        <Group grow align="flex-start" gap="xs">
          {kind.fields.map((field) => (
            <ValueInput
              key={field.name}
              kind={field.kind}
              label={field.label}
              description={field.description}
              path={`${path}.${field.name}`}
              value={isRecord(value) ? value[field.name] : undefined}
              errors={errors}
              onChange={(inner) => onChange({ ...(isRecord(value) ? value : {}), [field.name]: inner })}
            />
          ))}
        </Group>
      );
    case "json":
      return <JsonField {...common} value={value} onChange={onChange} />;
  }
}

interface NumberFieldProps {
  kind: Extract<Kind, { type: "number" }>;
  value: unknown;
  onChange: (value: unknown) => void;
}

// What is no number stays as it is typed, so that it can be told what is wrong with it.
function NumberField({ kind, value, onChange, ...common }: NumberFieldProps) {
  return (
    <TextInput
      {...common}
      inputMode={kind.isInteger ? "numeric" : "decimal"}
      autoComplete="off"
      styles={{ input: { maxWidth: 160 } }}
      value={value === null || value === undefined ? "" : String(value)}
      onChange={({ currentTarget: { value: typed } }) => {
        const number = Number(typed.replace(",", "."));
        onChange(typed.trim() !== "" && Number.isFinite(number) && !/[.,]$/.test(typed) ? number : typed);
      }}
    />
  );
}

function Choices({
  kind,
  label,
  description,
  path,
  value,
  errors,
  onChange,
}: InputProps & { kind: Extract<Kind, { type: "choices" }> }) {
  const chosen = Array.isArray(value) ? value : [];
  return (
    <Checkbox.Group
      label={label}
      description={description}
      error={errors.get(path)}
      data-setting={path}
      value={chosen.map(String)}
      // The order of the schema, whatever the order of the clicks.
      onChange={(names) => onChange(kind.options.filter((option) => names.includes(String(option))))}
    >
      <Group gap="md" mt={6}>
        {kind.options.map((option) => (
          <Checkbox key={String(option)} value={String(option)} label={words(String(option))} />
        ))}
      </Group>
    </Checkbox.Group>
  );
}

function List({
  kind,
  label,
  description,
  path,
  value,
  errors,
  onChange,
}: InputProps & { kind: Extract<Kind, { type: "tuple" | "rows" }> }) {
  const items: readonly unknown[] = Array.isArray(value) ? value : [];
  const canGrow = kind.type === "rows" && items.length < kind.most;
  const put = (index: number, item: unknown) => onChange(items.map((old, at) => (at === index ? item : old)));
  return (
    <Fieldset legend={label} p="sm" data-setting={path}>
      <Stack gap="xs">
        {description && (
          <Text size="xs" c="dimmed">
            {description}
          </Text>
        )}
        {errors.get(path) && (
          <Text size="xs" c="var(--mantine-color-error)">
            {errors.get(path)}
          </Text>
        )}
        <div className={kind.type === "tuple" ? "setting-tuple" : "setting-rows"}>
          {items.map((item, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: entries have no identity but their place
            <Group key={index} align="flex-end" gap="xs" wrap="nowrap">
              <div style={{ flex: 1 }}>
                <ValueInput
                  kind={kind.item}
                  label={
                    kind.type === "tuple"
                      ? (TUPLE_LABELS[index] ?? String(index + 1))
                      : `${label} ${index + 1}`
                  }
                  path={`${path}[${index}]`}
                  value={item}
                  errors={errors}
                  onChange={(next) => put(index, next)}
                />
              </div>
              {kind.type === "rows" && (
                <ActionIcon
                  variant="default"
                  size="lg"
                  aria-label={`Remove ${label.toLowerCase()} ${index + 1}`}
                  onClick={() => onChange(items.filter((_, at) => at !== index))}
                >
                  <IconTrash size={18} />
                </ActionIcon>
              )}
            </Group>
          ))}
        </div>
        {canGrow && (
          <Group>
            <Button
              variant="default"
              size="compact-sm"
              leftSection={<IconPlus size={16} />}
              onClick={() => onChange([...items, blankOf(kind.item)])}
            >
              Add
            </Button>
          </Group>
        )}
      </Stack>
    </Fieldset>
  );
}

// Two values of one sort in a row are the bounds of something.
const TUPLE_LABELS = ["From", "To"];

function JsonField({ value, onChange, ...common }: { value: unknown; onChange: (value: unknown) => void }) {
  return (
    <JsonInput
      {...common}
      autosize
      minRows={2}
      validationError="This is no JSON."
      defaultValue={JSON.stringify(value ?? null)}
      onChange={(text) => {
        try {
          onChange(JSON.parse(text));
        } catch {
          // Shown by the input; the value before stays.
        }
      }}
    />
  );
}

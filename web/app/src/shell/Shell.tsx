import { ConnectionDot, NotificationCenter } from "@docmill/react";
import {
  ActionIcon,
  AppShell,
  Burger,
  Container,
  Group,
  type MantineColorScheme,
  Menu,
  NavLink,
  useMantineColorScheme,
} from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useEffect, useRef } from "react";
import { Link, useLocation } from "wouter";

import { useSession } from "../session/context";
import { ErrorBoundary } from "./ErrorBoundary";
import { IconMoon, IconScreen, IconSun, IconUser } from "./icons";
import { Mark } from "./Mark";
import { Views } from "./Views";

interface Place {
  path: string;
  name: string;
}

const PLACES: readonly Place[] = [
  { path: "/", name: "New job" },
  { path: "/jobs", name: "Jobs" },
  { path: "/tour", name: "Tour" },
  { path: "/companies", name: "Companies" },
  { path: "/credits", name: "Credits" },
];
const OPERATORS: Place = { path: "/operators", name: "Operators" };

/** Header, navigation, and the view that the address names. */
export function Shell() {
  const { user } = useSession();
  const [isOpen, { toggle, close }] = useDisclosure(false);
  const [path] = useLocation();
  const places = user.isOperator ? [...PLACES, OPERATORS] : PLACES;
  useFocusOnArrival(path);
  // biome-ignore lint/correctness/useExhaustiveDependencies: going anywhere closes the menu
  useEffect(close, [path]);
  return (
    <AppShell
      header={{ height: 56 }}
      navbar={{ width: 260, breakpoint: "sm", collapsed: { mobile: !isOpen, desktop: true } }}
      padding={0}
      transitionDuration={0}
    >
      {/* biome-ignore lint/a11y/useValidAnchor: it leads to a place of the page; the address has another use for # */}
      <a className="skip-link" href="#main" onClick={skip}>
        Skip to the content
      </a>
      <AppShell.Header>
        <Container size="lg" h="100%">
          <Group h="100%" justify="space-between" wrap="nowrap" gap="xs">
            <Group gap="xs" wrap="nowrap">
              <Burger
                opened={isOpen}
                onClick={toggle}
                hiddenFrom="sm"
                size="sm"
                aria-label="Menu"
                aria-expanded={isOpen}
              />
              <Link href="/" className="brand" aria-label="Docmill">
                <Mark />
                <span>Docmill</span>
              </Link>
              <Group component="nav" aria-label="Main" gap={2} ml="sm" visibleFrom="sm" wrap="nowrap">
                {places.map(({ path: to, name }) => (
                  <Link
                    key={to}
                    href={to}
                    className="nav-link"
                    aria-current={isCurrent(path, to) ? "page" : undefined}
                  >
                    {name}
                  </Link>
                ))}
              </Group>
            </Group>
            <Group gap="sm" wrap="nowrap">
              <ConnectionDot />
              <NotificationCenter />
              <AccountMenu />
            </Group>
          </Group>
        </Container>
      </AppShell.Header>
      {isOpen && (
        <AppShell.Navbar p="sm" component="nav" aria-label="Main">
          {places.map(({ path: to, name }) => (
            <NavLink
              key={to}
              component={Link}
              href={to}
              label={name}
              active={isCurrent(path, to)}
              aria-current={isCurrent(path, to) ? "page" : undefined}
            />
          ))}
        </AppShell.Navbar>
      )}
      <AppShell.Main id="main" tabIndex={-1} className="ground">
        <Container size="lg" py={{ base: "md", sm: "xl" }}>
          <ErrorBoundary resetKey={path}>
            <Views />
          </ErrorBoundary>
        </Container>
      </AppShell.Main>
    </AppShell>
  );
}

const isCurrent = (path: string, place: string): boolean =>
  place === "/" ? path === "/" : path === place || path.startsWith(`${place}/`);

// The address behind `#` names a view, so this link must not change it.
function skip(event: React.MouseEvent): void {
  event.preventDefault();
  document.getElementById("main")?.focus();
}

/** Moves the keyboard to the title of the view that somebody went to, once that is there. */
function useFocusOnArrival(path: string): void {
  const before = useRef(path);
  useEffect(() => {
    if (before.current === path) return;
    before.current = path;
    scrollTo(0, 0);
    const main = document.getElementById("main");
    const go = (): boolean => {
      const title = main?.querySelector<HTMLElement>("h1");
      // The view before is still there, hidden, while the next one is loaded: it does not take the keyboard.
      const isShown = title !== null && title !== undefined && title.getClientRects().length > 0;
      if (isShown) title.focus({ preventScroll: true });
      return isShown;
    };
    if (!main || go()) return;
    const observer = new MutationObserver(() => go() && observer.disconnect());
    observer.observe(main, { childList: true, subtree: true });
    return () => observer.disconnect();
  }, [path]);
}

function AccountMenu() {
  const { session, user } = useSession();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const [, navigate] = useLocation();
  const schemes = [
    { name: "Light", value: "light", icon: <IconSun size={16} /> },
    { name: "Dark", value: "dark", icon: <IconMoon size={16} /> },
    { name: "As the system", value: "auto", icon: <IconScreen size={16} /> },
  ] as const;
  return (
    // In the header, so that it belongs to a landmark; without Mantine's placeholder, which no menu may have in it.
    <Menu position="bottom-end" width={240} withinPortal={false} withInitialFocusPlaceholder={false}>
      <Menu.Target>
        <ActionIcon variant="default" size="lg" radius="xl" aria-label={`Account of ${user.name}`}>
          <IconUser />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label id="user" style={{ overflowWrap: "anywhere" }}>
          {user.name}
        </Menu.Label>
        <Menu.Divider />
        <Menu.Item onClick={() => navigate("/account")}>Account</Menu.Item>
        <Menu.Item component="a" href="docs">
          API
        </Menu.Item>
        <Menu.Divider />
        <Menu.RadioGroup
          value={colorScheme}
          onChange={(value) => setColorScheme(value as MantineColorScheme)}
        >
          {schemes.map(({ name, value, icon }) => (
            <Menu.RadioItem key={value} value={value} rightSection={icon}>
              {name}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
        <Menu.Divider />
        <Menu.Item onClick={() => session.signOut()}>Sign out</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

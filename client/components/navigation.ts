/** What the side lists, in its order. A page that is not built yet is not listed. */
import {
  ChartColumn,
  FolderKanban,
  KeyRound,
  LayoutDashboard,
  type LucideIcon,
  ScrollText,
  Settings,
  Smartphone,
  Users,
  Webhook,
} from 'lucide-react';
import { type ProjectSearch, paths } from '../paths.ts';

export interface NavigationItem {
  label: string;
  icon: LucideIcon;
  href: string;
  /** The second key after `g`. */
  key?: string;
}

export function workspaceNavigation(workspaceId: string): NavigationItem[] {
  return [
    { label: 'Projects', icon: FolderKanban, href: paths.projects(workspaceId), key: 'p' },
    { label: 'API keys', icon: KeyRound, href: paths.workspaceKeys(workspaceId) },
    { label: 'Logs', icon: ScrollText, href: paths.workspaceLogs(workspaceId) },
    { label: 'Analytics', icon: ChartColumn, href: paths.workspaceAnalytics(workspaceId) },
    {
      label: 'Members & settings',
      icon: Users,
      href: paths.workspaceSettings(workspaceId),
      key: 'm',
    },
  ];
}

export function projectNavigation(projectId: string, search: ProjectSearch): NavigationItem[] {
  return [
    { label: 'Overview', icon: LayoutDashboard, href: paths.overview(projectId, search), key: 'o' },
    { label: 'Try it', icon: Smartphone, href: paths.tryIt(projectId, search), key: 't' },
    { label: 'API keys', icon: KeyRound, href: paths.keys(projectId, search), key: 'k' },
    { label: 'Logs', icon: ScrollText, href: paths.logs(projectId, search), key: 'l' },
    { label: 'Analytics', icon: ChartColumn, href: paths.analytics(projectId, search), key: 'a' },
    { label: 'Webhooks', icon: Webhook, href: paths.webhooks(projectId, search), key: 'w' },
    { label: 'Settings', icon: Settings, href: paths.settings(projectId, search), key: 's' },
  ];
}

import type { Role } from "@tiketi/client";
import { type ComponentType, lazy } from "react";
import type { Params } from "../core/router.tsx";
import type { Layout } from "./shell.tsx";

interface Page {
  path: string;
  component: ComponentType<{ params: Params }>;
  layout?: Layout;
  /** Who may see it: `customer` is anyone who has logged in. */
  access?: Role;
}

const recover = () => import("../features/account/recover.tsx");

/** The URL table. Each page is a chunk of its own: the line must not wait for the seat map. */
export const PAGES: Page[] = [
  { path: "/", component: lazy(() => import("../features/events/list.tsx")) },
  { path: "/events/:id", component: lazy(() => import("../features/events/event.tsx")) },
  {
    path: "/events/:id/line",
    component: lazy(() => import("../features/line/line.tsx")),
    layout: { width: "narrow", focus: true },
    access: "customer",
  },
  {
    path: "/events/:id/draw",
    component: lazy(() => import("../features/line/draw.tsx")),
    layout: { width: "narrow" },
    access: "customer",
  },
  {
    path: "/events/:id/seats",
    component: lazy(() => import("../features/seats/page.tsx")),
    layout: { width: "bleed", focus: true },
    access: "customer",
  },
  {
    path: "/holds/:id",
    component: lazy(() => import("../features/basket/checkout.tsx")),
    layout: { width: "narrow", focus: true },
    access: "customer",
  },
  {
    path: "/orders",
    component: lazy(() => import("../features/orders/list.tsx")),
    layout: { width: "narrow" },
    access: "customer",
  },
  {
    path: "/orders/:id",
    component: lazy(() => import("../features/orders/order.tsx")),
    layout: { width: "narrow" },
    access: "customer",
  },
  {
    path: "/door",
    component: lazy(() => import("../features/door/page.tsx")),
    layout: { width: "narrow" },
    access: "staff",
  },
  {
    path: "/admin",
    component: lazy(() => import("../features/organiser/home.tsx")),
    access: "admin",
  },
  {
    path: "/admin/staff",
    component: lazy(() => import("../features/organiser/staff.tsx")),
    access: "admin",
  },
  {
    path: "/admin/events/new",
    component: lazy(() => import("../features/organiser/create.tsx")),
    access: "admin",
  },
  {
    path: "/admin/events/:id",
    component: lazy(() => import("../features/organiser/live.tsx")),
    access: "admin",
  },
  {
    path: "/admin/events/:id/edit",
    component: lazy(() => import("../features/organiser/edit.tsx")),
    access: "admin",
  },
  {
    path: "/admin/events/:id/seats",
    component: lazy(() => import("../features/organiser/seats.tsx")),
    access: "admin",
  },
  {
    path: "/admin/events/:id/orders",
    component: lazy(() => import("../features/organiser/orders.tsx")),
    access: "admin",
  },
  {
    path: "/admin/events/:id/report",
    component: lazy(() => import("../features/organiser/report.tsx")),
    access: "admin",
  },
  {
    path: "/login",
    component: lazy(() => import("../features/account/enter.tsx")),
    layout: { width: "narrow" },
  },
  {
    path: "/signup",
    component: lazy(() => import("../features/account/enter.tsx")),
    layout: { width: "narrow" },
  },
  {
    path: "/forgot-password",
    component: lazy(async () => ({ default: (await recover()).ForgotPassword })),
    layout: { width: "narrow" },
  },
  {
    path: "/reset-password",
    component: lazy(async () => ({ default: (await recover()).ResetPassword })),
    layout: { width: "narrow" },
  },
  {
    path: "/profile",
    component: lazy(() => import("../features/account/profile.tsx")),
    layout: { width: "narrow" },
    access: "customer",
  },
];

import { posix } from "node:path";
import { type Field, HOLE, type Where } from "./types.js";

/** A place that a word names: a path, or what a glob in a folder matches. */
export type Place = { path: string; glob?: string };

/** The place of a word; undefined when it cannot be told. `cwd` is undefined after a `cd` to an unknown folder. */
export function placeOf(field: Field, cwd: string | undefined, where: Where): Place | undefined {
  const { text } = field;
  if (field.stream) return { path: "/dev/null" };
  if (text.startsWith(HOLE) || text.length > 4096) return undefined;
  const segments = text.split("/");
  const open = segments.findIndex((segment) => segment.includes(HOLE) || (field.glob && /[*?[(]/.test(segment)));
  // what follows an unknown piece may climb out again
  if (open >= 0 && segments.slice(open).some((segment) => segment === "..")) return undefined;
  if (open >= 0 && segments.slice(open).some((segment) => segment.includes(HOLE))) return undefined;
  const fixed = open < 0 ? text : segments.slice(0, open).join("/") || (text.startsWith("/") ? "/" : ".");
  const path = physical(fixed, cwd, where);
  if (path === undefined) return undefined;
  const real = /^\/dev\/(stdin|stdout|stderr|tty|null|fd\/\d+)$/.test(path) ? path : where.resolve(path);
  return open < 0 ? { path: real } : { path: real, glob: segments.slice(open).join("/") };
}

// `..` leads out of where a link leads, not of where the link lies
function physical(path: string, cwd: string | undefined, where: Where): string | undefined {
  if (!/[^/.][^/]*\/+(\.\/+)*\.\.(\/|$)/.test(path)) return absolute(path, cwd);
  const start = path.startsWith("/") ? "/" : cwd;
  if (start === undefined) return undefined;
  return path.split("/").reduce((at, name) => {
    if (name === "" || name === ".") return at;
    return name === ".." ? posix.dirname(where.resolve(at)) : posix.join(at, name);
  }, start);
}

/** An absolute path without `.` and `..`; undefined when it is relative to a folder that is not known. */
export function absolute(path: string, cwd: string | undefined): string | undefined {
  if (path.startsWith("/")) return posix.normalize(path).replace(/(.)\/$/, "$1");
  return cwd === undefined ? undefined : posix.normalize(`${cwd}/${path}`).replace(/(.)\/$/, "$1");
}

export function isInside(path: string, root: string): boolean {
  return path === root || path.startsWith(root === "/" ? root : `${root}/`);
}

const SYSTEM = new Set(
  "/bin /boot /dev /etc /home /lib /lib32 /lib64 /libx32 /mnt /media /opt /proc /root /run /sbin /srv /sys /usr /var /Users /System /Library /Applications /Volumes /private /usr/bin /usr/lib /usr/lib64 /usr/local /usr/local/bin /usr/local/lib /usr/sbin /usr/share /usr/include /var/lib /var/log /var/cache /var/www /var/spool /var/mail /var/run /etc/ssh /etc/pam.d /etc/systemd /boot/efi /boot/grub /lib/modules /lib/systemd /usr/lib/systemd".split(
    " ",
  ),
);
const PERSONAL =
  /^\/(Desktop|Documents|Downloads|Pictures|Music|Movies|Videos|Library|\.ssh|\.gnupg|\.aws|\.config|\.local|\.kube)$/;

/** A folder whose loss is a catastrophe: root, homes, the system's own, and whatever holds the workspace. */
export function isVital(path: string, where: Pick<Where, "home" | "root">): boolean {
  return isVitalToAll(path, where) || isPersonal(path, where);
}

function isVitalToAll(path: string, { home, root }: Pick<Where, "home" | "root">): boolean {
  if (path === "/" || path === home || SYSTEM.has(path)) return true;
  if (/^\/(home|Users)\/[^/]+$/.test(path) && path !== root) return true;
  return path !== root && isInside(root, path);
}

/** A folder in which a user keeps what is their own. */
export function isPersonal(path: string, { home, root }: Pick<Where, "home" | "root">): boolean {
  return isInside(path, home) && path !== root && PERSONAL.test(path.slice(home.length));
}

/** Whether a place is, or takes in all of, a vital folder. */
export function wipesVital(place: Place, where: Pick<Where, "home" | "root">): boolean {
  if (place.glob === undefined) return isVital(place.path, where);
  if (!isVital(place.path, where)) return false;
  const first = place.glob.split("/")[0] ?? "";
  // in root every glob is too much; elsewhere one that names nothing in particular
  return place.path === "/" || !/[A-Za-z0-9_]/.test(first.replace(/\[[^\]]*\]/g, ""));
}

/** A block device, or the memory of the machine. */
export function isDevice(path: string): boolean {
  return /^\/dev\/(sd[a-z]|hd[a-z]|vd[a-z]|xvd[a-z]|nvme\d|mmcblk\d|disk\d|rdisk\d|dm-\d|mapper\/|md\d|loop\d|sr\d|mem$|kmem$|port$|nvram|mtd|disk\/|fb\d|block\/|root$)/.test(
    path,
  );
}

/** A file that decides who may do what on the machine. */
export function isCritical(path: string, { home }: Pick<Where, "home">): boolean {
  return (
    /^\/etc\/(passwd|shadow|gshadow|group|sudoers|sudoers\.d\/.*|fstab|crypttab|ld\.so\.preload|ld\.so\.conf.*|pam\.d\/.*|ssh\/.*|inittab|crontab|cron\.[a-z]+\/.*|rc\.local|profile|systemd\/.*)-?$/.test(
      path,
    ) ||
    /^\/(boot|sys)\//.test(path) ||
    /^\/proc\/(sysrq-trigger|sys\/|\d+\/mem|kcore)/.test(path) ||
    /^\/(bin|sbin|usr\/bin|usr\/sbin|lib|lib64|usr\/lib)\/[^/]+$/.test(path) ||
    /\/\.ssh\/(authorized_keys2?|rc|id_\w+)$/.test(path) ||
    isInside(path, `${home}/.gnupg`) ||
    /^\/var\/spool\/cron\//.test(path) ||
    /^\/var\/log\/(audit(\/|$)|auth\.log|secure|wtmp|btmp|lastlog|syslog|messages|faillog)/.test(path) ||
    (isInside(path, home) && /\/\.\w+_history$/.test(path))
  );
}

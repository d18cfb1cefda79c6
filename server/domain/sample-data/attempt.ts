import type { AuthSessionStatus, Channel, StartedWith } from '../../../prisma/generated/enums.ts';
import type { Origin } from '../auth-sessions/effects.ts';
import { exchangeWindowSeconds } from '../auth-sessions/move.ts';
import type { Subject } from '../auth-sessions/record.ts';
import { userCodeAlphabet } from '../auth-sessions/secrets.ts';
import { type IdKind, idAt } from '../ids.ts';
import { type Device, type Person, serverOf } from './people.ts';
import type { Door, Place, PlaceKey } from './places.ts';
import type { Random } from './random.ts';

/** A session as it is in the end. Column names, because the statement reads the items as JSON. */
export interface PastSession {
  id: string;
  environment_id: string;
  api_key_id: string | null;
  started_with: StartedWith;
  status: AuthSessionStatus;
  channel: Channel | null;
  subject: Subject | null;
  subject_key: string | null;
  user_code: string;
  require_user_code: boolean;
  metadata: unknown;
  reason: string | null;
  master_key_id: string;
  proof_key_id: string | null;
  started_from_ip: string | null;
  started_from_user_agent: string | null;
  confirmed_from_ip: string | null;
  confirmed_from_user_agent: string | null;
  created_at: Date;
  expires_at: Date;
  confirmed_at: Date | null;
  exchangeable_until: Date | null;
  cancelled_at: Date | null;
  expired_at: Date | null;
  used_at: Date | null;
}

/** One change of a session, and who made it. */
export interface PastEvent extends Omit<Origin, 'event_id'> {
  session_id: string;
  became: AuthSessionStatus;
  at: Date;
}

export interface AttemptOptions {
  place: Place;
  door: Door;
  person: Person;
  /** Who tries things out in the dashboard. */
  user: { id: string; email: string };
  startedAt: Date;
  metadata: unknown;
  masterKeyId: string;
  random: Random;
}

/** Who acted, and from where; null of what happens by itself. */
interface PastActor {
  kind: Origin['actor_kind'];
  id: string | null;
  label: string;
  device: Device | null;
}

/** A session that is started and moved as the product would have done it, at instants of the past. */
export class Attempt {
  readonly session: PastSession;
  readonly events: PastEvent[] = [];
  readonly #options: AttemptOptions;

  constructor(options: AttemptOptions) {
    const { place, door, person, startedAt, metadata, masterKeyId, random } = options;
    this.#options = options;
    this.session = {
      id: this.#newId('authSession', startedAt),
      environment_id: place.environmentId,
      api_key_id: door.key?.id ?? null,
      started_with: door.with,
      status: 'PENDING',
      channel: null,
      subject: null,
      subject_key: null,
      user_code: random.text(userCodeAlphabet, 8),
      require_user_code: place.requireUserCode,
      metadata,
      reason: null,
      master_key_id: masterKeyId,
      proof_key_id: null,
      started_from_ip: person.browser.ip,
      started_from_user_agent: person.browser.userAgent,
      confirmed_from_ip: null,
      confirmed_from_user_agent: null,
      created_at: startedAt,
      expires_at: later(startedAt, place.lifetimeSeconds),
      confirmed_at: null,
      exchangeable_until: null,
      cancelled_at: null,
      expired_at: null,
      used_at: null,
    };
    this.#note(startedAt, this.#starter());
  }

  confirm(channel: Channel, at: Date): void {
    const { subject, phone } = this.#options.person;
    const provider = channel === 'TEST' ? 'test' : 'server';
    Object.assign(this.session, {
      status: 'CONFIRMED',
      channel,
      subject: { provider, ...subject },
      subject_key: `${provider}:${subject.id}`,
      confirmed_at: at,
      exchangeable_until: later(at, exchangeWindowSeconds),
    });
    if (channel === 'TEST') {
      this.session.confirmed_from_ip = phone.ip;
      this.session.confirmed_from_user_agent = phone.userAgent;
      this.#note(at, endUser(subject.name ?? subject.id, phone));
    } else {
      this.#note(at, this.#server()); // which says nothing of the device it speaks for
    }
  }

  exchange(at: Date, proofKeyId: string): void {
    const { started_with } = this.session;
    Object.assign(this.session, { status: 'USED', used_at: at, proof_key_id: proofKeyId });
    if (started_with === 'SECRET_KEY') this.#note(at, this.#server());
    else if (started_with === 'USER') this.#note(at, this.#starter());
    else this.#note(at, endUser('Waiting device', this.#options.person.browser));
  }

  /** @param by the end user, on the link; or else the waiting device */
  cancel(at: Date, by: 'link' | 'device', reason: string | null): void {
    const { phone, browser } = this.#options.person;
    Object.assign(this.session, { status: 'CANCELLED', cancelled_at: at, reason });
    this.#note(at, by === 'link' ? endUser('End user', phone) : endUser('Waiting device', browser));
  }

  /** @param sweptAt when the job noticed that the deadline had passed */
  expire(sweptAt: Date): void {
    Object.assign(this.session, { status: 'EXPIRED', expired_at: this.session.expires_at });
    this.#note(sweptAt, { kind: 'SYSTEM', id: null, label: 'expire-sessions', device: null });
  }

  #starter(): PastActor {
    const { door, person, user } = this.#options;
    const device = person.browser;
    switch (door.with) {
      case 'SECRET_KEY':
        return byKey(door.key!, serverOf(door.key!.id));
      case 'PUBLISHABLE_KEY':
        return byKey(door.key!, device);
      case 'PROJECT_ID':
        return { kind: 'ANONYMOUS', id: null, label: 'Nobody signed in', device };
      case 'USER':
        return { kind: 'USER', id: user.id, label: user.email, device };
    }
  }

  /** The one that started the session, where one did. */
  #server(): PastActor {
    const { door, place } = this.#options;
    const key = door.with === 'SECRET_KEY' ? door.key! : place.secretKeys[0]!;
    return byKey(key, serverOf(key.id));
  }

  #note(at: Date, { kind, id, label, device }: PastActor): void {
    this.events.push({
      session_id: this.session.id,
      became: this.session.status,
      at,
      log_id: this.#newId('logEntry', at),
      actor_kind: kind,
      actor_id: id,
      actor_label: label,
      ip: device?.ip ?? null,
      user_agent: device?.userAgent ?? null,
      request_id: this.#newRequestId(),
    });
  }

  #newId(kind: IdKind, at: Date): string {
    return idAt(kind, at.getTime(), this.#options.random.thirtyBits());
  }

  /** A random UUID, as requests get them. */
  #newRequestId(): string {
    const hex = this.#options.random.text('0123456789abcdef', 30);
    const parts = [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(12, 15)}`];
    return `${parts.join('-')}-a${hex.slice(15, 18)}-${hex.slice(18, 30)}`;
  }
}

/** That many seconds later, to the millisecond, as the database keeps instants; at least one. */
export function later(from: Date, seconds: number): Date {
  return new Date(from.getTime() + Math.max(1, Math.round(seconds * 1000)));
}

function byKey({ id, name }: PlaceKey, device: Device): PastActor {
  return { kind: 'API_KEY', id, label: name, device };
}

function endUser(label: string, device: Device): PastActor {
  return { kind: 'END_USER', id: null, label, device };
}

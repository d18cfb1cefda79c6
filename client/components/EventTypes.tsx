import styles from './EventTypes.module.css';

/** The types that an endpoint hears of. */
export function EventTypes({ types }: { types: readonly string[] }) {
  return (
    <ul className={styles.types}>
      {types.map((type) => (
        <li key={type}>
          <code>{type}</code>
        </li>
      ))}
    </ul>
  );
}

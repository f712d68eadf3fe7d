/** Tests run where it is never UTC, and where summer and winter differ. */
export default function setup(): void {
  process.env.TZ = "Europe/Berlin";
}

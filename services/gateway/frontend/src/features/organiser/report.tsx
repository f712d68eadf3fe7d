import { useLoad } from "../../core/load.ts";
import type { Params } from "../../core/router.tsx";
import { useI18n } from "../../i18n/index.tsx";
import { ButtonLink } from "../../ui/controls.tsx";
import { Failure, Skeleton } from "../../ui/feedback.tsx";
import { organiser, type SalesReport } from "./api.ts";
import { EventFrame, Figures } from "./frame.tsx";
import { useOrganiserMessages } from "./messages.ts";

export default function ReportPage({ params }: { params: Params }) {
  const id = params.id as string;
  return (
    <EventFrame eventId={id}>
      {({ time_zone }) => <Report eventId={id} zone={time_zone} />}
    </EventFrame>
  );
}

function Report({ eventId, zone }: { eventId: string; zone: string }) {
  const { format } = useI18n();
  const o = useOrganiserMessages();
  const { data, error, reload } = useLoad(`report:${eventId}`, () => organiser.report(eventId));
  if (error && !data) return <Failure error={error} onRetry={reload} />;
  if (!data) return <Skeleton height="20rem" />;
  const number = format.number;
  return (
    <>
      <Figures
        figures={[
          [o.figures.revenue, format.money(data.revenue, data.currency)],
          [o.figures.sold, o.figures.of(number(data.sold), number(data.seats_total))],
          [o.figures.held, number(data.held)],
          [o.figures.orders, number(data.orders)],
          [o.figures.refunds, number(data.refunds)],
        ]}
      />
      <ByType report={data} />
      <ByHour report={data} zone={zone} />
      <ButtonLink href={organiser.reportCsv(eventId)} kind="quiet" icon="download" outside>
        {o.report.csv}
      </ButtonLink>
    </>
  );
}

function ByType({ report }: { report: SalesReport }) {
  const { format } = useI18n();
  const o = useOrganiserMessages();
  const heads = [
    o.report.price,
    o.report.capacity,
    o.report.sold,
    o.report.used,
    o.report.refunded,
    o.report.revenue,
  ];
  return (
    <section className="stack-tight">
      <h2>{o.report.byType}</h2>
      <div className="table-wrap card">
        <table className="table">
          <thead>
            <tr>
              <th scope="col">{o.report.type}</th>
              {heads.map((head) => (
                <th scope="col" className="number" key={head}>
                  {head}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {report.ticket_types.map((type) => (
              <tr key={type.ticket_type_id}>
                <th scope="row">{type.name}</th>
                <td className="number">{format.money(type.price, report.currency)}</td>
                <td className="number">{format.number(type.capacity)}</td>
                <td className="number">{format.number(type.sold)}</td>
                <td className="number">{format.number(type.used)}</td>
                <td className="number">{format.number(type.refunded)}</td>
                <td className="number">{format.money(type.revenue, report.currency)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function ByHour({ report, zone }: { report: SalesReport; zone: string }) {
  const { format } = useI18n();
  const o = useOrganiserMessages();
  if (report.by_hour.length === 0) return null;
  return (
    <section className="stack-tight">
      <h2>{o.report.byHour}</h2>
      <div className="table-wrap card">
        <table className="table">
          <thead>
            <tr>
              <th scope="col">{o.report.hour}</th>
              <th scope="col" className="number">
                {o.report.orders}
              </th>
              <th scope="col" className="number">
                {o.report.revenue}
              </th>
            </tr>
          </thead>
          <tbody>
            {report.by_hour.map((each) => (
              <tr key={each.hour}>
                <th scope="row">{format.dateTime(each.hour, zone)}</th>
                <td className="number">{format.number(each.orders)}</td>
                <td className="number">{format.money(each.amount, report.currency)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

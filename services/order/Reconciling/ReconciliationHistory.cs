using System.Globalization;
using DaprShop.Contracts.Api;
using DaprShop.Order.Orders;
using DaprShop.ServiceDefaults.State;

namespace DaprShop.Order.Reconciling;

/// <summary><c>order/reconciliations</c> (commit rule R2): the numbers of the runs.</summary>
/// <param name="Next">The number that the next run takes.</param>
internal sealed record ReconciliationCounter(long Next);

/// <summary>
/// The audit record. The newest runs are kept, each in a document of a ring (commit rule R2), so that the history is bounded without
/// deleting anything.
/// </summary>
internal sealed class ReconciliationHistory(DocumentStore documents, TimeProvider clock)
{
    /// <summary>How many runs are kept.</summary>
    public const int Kept = 100;

    /// <summary>A run that takes longer was ended by a crash.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(30);

    public async Task<Reconciliation> BeginAsync(string trigger, CancellationToken cancellationToken)
    {
        var number = await documents.ChangeAsync<ReconciliationCounter, long>(
            OrderKeys.Reconciliations,
            found => Change.To(new ReconciliationCounter((found?.Next ?? 0) + 1), found?.Next ?? 0),
            cancellationToken);
        var run = new Reconciliation(
            number.ToString(CultureInfo.InvariantCulture),
            trigger,
            "Running",
            clock.GetUtcNow(),
            EndedAt: null,
            new ReconciliationCounts(0, 0, 0, 0, 0),
            [],
            Error: null);
        await WriteAsync(run, cancellationToken);
        return run;
    }

    /// <summary>Writes a run as it now stands, unless a newer one has taken its place in the ring.</summary>
    public Task WriteAsync(Reconciliation run, CancellationToken cancellationToken) =>
        documents.ChangeAsync<Reconciliation, bool>(
            Key(Number(run)),
            found => found is null || Number(found) <= Number(run) ? Change.To(run, true) : Change.None<Reconciliation, bool>(false),
            cancellationToken);

    /// <summary>Runs before a number (null: the newest), newest first.</summary>
    /// <returns>The number to go on before; null at the end.</returns>
    public async Task<(IReadOnlyList<Reconciliation> Runs, long? Next)> ReadAsync(long? before, int limit, CancellationToken cancellationToken)
    {
        var end = (await documents.ReadAsync<ReconciliationCounter>(OrderKeys.Reconciliations, cancellationToken))?.Next ?? 0;
        var oldest = Math.Max(0, end - Kept);
        var runs = new List<Reconciliation>(limit);
        var number = Math.Min(before ?? end, end) - 1;
        for (; number >= oldest && runs.Count < limit; number--)
        {
            // One that was numbered and never written is left out: its process died in between.
            if (await documents.ReadAsync<Reconciliation>(Key(number), cancellationToken) is { } run && Number(run) == number)
            {
                runs.Add(Seen(run));
            }
        }

        return (runs, number >= oldest ? number + 1 : null);
    }

    private Reconciliation Seen(Reconciliation run) =>
        run.Status == "Running" && run.StartedAt + Longest < clock.GetUtcNow()
            ? run with { Status = "Failed", Error = "The process that ran it ended." }
            : run;

    private static long Number(Reconciliation run) => long.Parse(run.Id, NumberStyles.None, CultureInfo.InvariantCulture);

    private static string Key(long number) => OrderKeys.Reconciliation(number % Kept);
}

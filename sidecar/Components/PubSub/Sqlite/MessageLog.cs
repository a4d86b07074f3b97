using System.Data;
using System.Text.Json;
using Sidecar.Clients.Sqlite;

namespace Sidecar.Components.PubSub.Sqlite;

/// <summary>A message that this consumer holds a lease on.</summary>
internal sealed record Delivery(long Sequence, int Attempt);

/// <summary>
/// The tables. A topic is a log; each group has a position in it, and everything up to the position is either done or
/// has a row in the deliveries, which says who works on it until when. A row without consumer waits for its time.
/// Only publishing and creating a group wait for the disk: a lost claim or acknowledgement repeats a delivery.
/// </summary>
internal sealed class MessageLog(SqliteDatabase database, TimeProvider clock)
{
    private const int SweepBatch = 500;

    private long Now => clock.GetUtcNow().ToUnixTimeMilliseconds();

    public Task CreateAsync(CancellationToken cancellationToken) => database.WriteAsync(
        session =>
        {
            // AUTOINCREMENT: a number must never come again after its message was deleted, or a position would skip it.
            session.Execute(
                """
                CREATE TABLE IF NOT EXISTS pubsub_messages (
                  seq INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT NOT NULL, data BLOB NOT NULL,
                  content_type TEXT, metadata TEXT, published_at INTEGER NOT NULL)
                """);
            session.Execute("CREATE INDEX IF NOT EXISTS pubsub_messages_topic ON pubsub_messages (topic, seq)");
            session.Execute(
                """
                CREATE TABLE IF NOT EXISTS pubsub_groups (
                  topic TEXT NOT NULL, name TEXT NOT NULL, position INTEGER NOT NULL, created_at INTEGER NOT NULL,
                  PRIMARY KEY (topic, name)) WITHOUT ROWID
                """);
            session.Execute(
                """
                CREATE TABLE IF NOT EXISTS pubsub_deliveries (
                  topic TEXT NOT NULL, group_name TEXT NOT NULL, seq INTEGER NOT NULL, attempts INTEGER NOT NULL,
                  consumer TEXT, due_at INTEGER NOT NULL, PRIMARY KEY (topic, group_name, seq)) WITHOUT ROWID
                """);
            return session.Execute(
                "CREATE INDEX IF NOT EXISTS pubsub_deliveries_due ON pubsub_deliveries (topic, group_name, due_at, seq)");
        },
        cancellationToken);

    public Task PublishAsync(OutgoingMessage message, CancellationToken cancellationToken) => database.WriteAsync(
        session => session.Execute(
            "INSERT INTO pubsub_messages (topic, data, content_type, metadata, published_at) VALUES (@a, ifnull(@b, x''), @c, @d, @e)",
            message.Topic,
            message.Data,
            message.ContentType,
            message.Metadata.Count == 0 ? null : JsonSerializer.Serialize(message.Metadata),
            Now),
        cancellationToken);

    /// <summary>A new group starts with the oldest message that is still there.</summary>
    public async Task JoinAsync(GroupKey group, CancellationToken cancellationToken)
    {
        // Known already after the first start; looked up so that a restart does not wait for the disk.
        var exists = await database.ReadAsync(
            session => session.QueryNumber("SELECT count(*) FROM pubsub_groups WHERE topic = @a AND name = @b", group.Topic, group.Name),
            cancellationToken);
        if (exists == 0)
        {
            await database.WriteAsync(
                session => session.Execute(
                    """
                    INSERT INTO pubsub_groups (topic, name, position, created_at) VALUES (@a, @b, 0, @c)
                    ON CONFLICT (topic, name) DO NOTHING
                    """,
                    group.Topic, group.Name, Now),
                cancellationToken);
        }
    }

    /// <summary>Asked before every claim: with nothing to do nothing is written.</summary>
    public Task<bool> HasWorkAsync(GroupKey group, CancellationToken cancellationToken) => database.ReadAsync(
        session => session.QueryNumber(
            """
            SELECT EXISTS (SELECT 1 FROM pubsub_messages WHERE topic = @a
                             AND seq > (SELECT position FROM pubsub_groups WHERE topic = @a AND name = @b))
                OR EXISTS (SELECT 1 FROM pubsub_deliveries WHERE topic = @a AND group_name = @b AND due_at <= @c)
            """,
            group.Topic, group.Name, Now) > 0,
        cancellationToken);

    /// <summary>
    /// Takes what is due again and what is new, up to the limit, in the log's order. A caller that alternates which of
    /// the two comes first keeps a backlog of either from holding the other up for ever.
    /// </summary>
    public async Task<IReadOnlyList<Delivery>> ClaimAsync(
        GroupKey group, string consumer, int limit, bool newFirst, TimeSpan lease, CancellationToken cancellationToken)
    {
        var claimed = await database.WriteAsync(session => Claim(session, group, consumer, limit, newFirst, lease), cancellationToken, durable: false);
        // RETURNING promises no order.
        return [.. claimed.OrderBy(delivery => delivery.Sequence)];
    }

    public Task<List<(long Sequence, IncomingMessage Message)>> LoadAsync(IEnumerable<long> sequences, CancellationToken cancellationToken) =>
        database.ReadAsync(
            session => session.Query(
                """
                SELECT seq, topic, data, content_type, metadata FROM pubsub_messages
                WHERE seq IN (SELECT value FROM json_each(@a)) ORDER BY seq
                """,
                ReadMessage,
                JsonSerializer.Serialize(sequences)),
            cancellationToken);

    /// <summary>Whoever holds the lease by now: the message was processed.</summary>
    public Task AcknowledgeAsync(GroupKey group, long sequence) => WriteAsync(session => session.Execute(
        "DELETE FROM pubsub_deliveries WHERE topic = @a AND group_name = @b AND seq = @c", group.Topic, group.Name, sequence));

    public Task RetryLaterAsync(GroupKey group, string consumer, long sequence, TimeSpan delay) => WriteAsync(session => session.Execute(
        """
        UPDATE pubsub_deliveries SET consumer = NULL, due_at = @e
        WHERE topic = @a AND group_name = @b AND seq = @c AND consumer = @d
        """,
        group.Topic, group.Name, sequence, consumer, Now + (long)delay.TotalMilliseconds));

    public Task RenewAsync(GroupKey group, string consumer, IEnumerable<long> sequences, TimeSpan lease) => WriteAsync(session => session.Execute(
        """
        UPDATE pubsub_deliveries SET due_at = @e
        WHERE topic = @a AND group_name = @b AND consumer = @d AND seq IN (SELECT value FROM json_each(@c))
        """,
        group.Topic, group.Name, JsonSerializer.Serialize(sequences), consumer, Now + (long)lease.TotalMilliseconds));

    /// <summary>Gives back what the consumer still holds; it may be delivered at once and counts as not delivered.</summary>
    public Task ReleaseAsync(GroupKey group, string consumer) => WriteAsync(session => session.Execute(
        """
        UPDATE pubsub_deliveries SET consumer = NULL, due_at = @d, attempts = attempts - 1
        WHERE topic = @a AND group_name = @b AND consumer = @c
        """,
        group.Topic, group.Name, consumer, Now));

    public Task<List<string>> ConsumersAsync(GroupKey group, CancellationToken cancellationToken) => database.ReadAsync(
        session => session.Query(
            "SELECT DISTINCT consumer FROM pubsub_deliveries WHERE topic = @a AND group_name = @b AND consumer IS NOT NULL",
            row => row.GetString(0), group.Topic, group.Name),
        cancellationToken);

    /// <summary>When the next failed message is due; null when none waits.</summary>
    public Task<TimeSpan?> NextDueAsync(GroupKey group, CancellationToken cancellationToken) => database.ReadAsync(
        session => session.QueryFirst<long?>(
            """
            SELECT due_at FROM pubsub_deliveries WHERE topic = @a AND group_name = @b AND consumer IS NULL
            ORDER BY due_at LIMIT 1
            """,
            row => row.GetInt64(0), group.Topic, group.Name) is { } due
                ? TimeSpan.FromMilliseconds(Math.Max(1, due - Now))
                : (TimeSpan?)null,
        cancellationToken);

    /// <summary>The number of the newest message ever published; grows with every publication by any process.</summary>
    public Task<long> NewestAsync(CancellationToken cancellationToken) => database.ReadAsync(
        session => session.QueryNumber("SELECT seq FROM sqlite_sequence WHERE name = 'pubsub_messages'"), cancellationToken);

    /// <summary>
    /// Deletes messages older than the retention that every group of their topic has done with. A topic that no group
    /// ever joined keeps all, as a stream in Redis does: dead letters must wait for whoever comes to look.
    /// </summary>
    public async Task<int> SweepAsync(string topic, TimeSpan retention, CancellationToken cancellationToken)
    {
        const string Consumed =
            """
            seq <= (SELECT min(ifnull((SELECT min(d.seq) - 1 FROM pubsub_deliveries d
                                       WHERE d.topic = g.topic AND d.group_name = g.name), g.position))
                    FROM pubsub_groups g WHERE g.topic = @a)
            AND published_at < @b
            """;
        var before = Now - (long)retention.TotalMilliseconds;
        var oldest = await database.ReadAsync(
            session => session.QueryNumber($"SELECT EXISTS (SELECT 1 FROM pubsub_messages WHERE topic = @a AND {Consumed})", topic, before),
            cancellationToken);
        return oldest == 0
            ? 0
            : await database.WriteAsync(
                session => session.Execute(
                    $"""
                    DELETE FROM pubsub_messages WHERE seq IN
                      (SELECT seq FROM pubsub_messages WHERE topic = @a AND {Consumed} ORDER BY seq LIMIT @c)
                    """,
                    topic, before, SweepBatch),
                cancellationToken,
                durable: false);
    }

    // Ends what a delivery began, also while the subscription stops; so it takes no token.
    private Task<int> WriteAsync(Func<SqliteSession, int> operation) => database.WriteAsync(operation, CancellationToken.None, durable: false);

    private List<Delivery> Claim(SqliteSession session, GroupKey group, string consumer, int limit, bool newFirst, TimeSpan lease)
    {
        var until = Now + (long)lease.TotalMilliseconds;
        var first = newFirst ? ClaimNew(session, group, consumer, limit, until) : ClaimDue(session, group, consumer, limit, until);
        var left = limit - first.Count;
        return left == 0
            ? first
            : [.. first, .. newFirst ? ClaimDue(session, group, consumer, left, until) : ClaimNew(session, group, consumer, left, until)];
    }

    private List<Delivery> ClaimDue(SqliteSession session, GroupKey group, string consumer, int limit, long until) => session.Query(
        """
        UPDATE pubsub_deliveries SET consumer = @d, due_at = @e, attempts = attempts + 1
        WHERE topic = @a AND group_name = @b AND seq IN
          (SELECT seq FROM pubsub_deliveries WHERE topic = @a AND group_name = @b AND due_at <= @c ORDER BY due_at, seq LIMIT @f)
        RETURNING seq, attempts
        """,
        ReadDelivery, group.Topic, group.Name, Now, consumer, until, limit);

    private static List<Delivery> ClaimNew(SqliteSession session, GroupKey group, string consumer, int limit, long until)
    {
        var claimed = session.Query(
            """
            INSERT INTO pubsub_deliveries (topic, group_name, seq, attempts, consumer, due_at)
            SELECT @a, @b, seq, 1, @c, @d FROM pubsub_messages
            WHERE topic = @a AND seq > (SELECT position FROM pubsub_groups WHERE topic = @a AND name = @b)
            ORDER BY seq LIMIT @e
            RETURNING seq, attempts
            """,
            ReadDelivery, group.Topic, group.Name, consumer, until, limit);
        if (claimed.Count > 0)
        {
            session.Execute(
                "UPDATE pubsub_groups SET position = @c WHERE topic = @a AND name = @b",
                group.Topic, group.Name, claimed.Max(delivery => delivery.Sequence));
        }

        return claimed;
    }

    private static Delivery ReadDelivery(IDataRecord row) => new(row.GetInt64(0), row.GetInt32(1));

    private static (long, IncomingMessage) ReadMessage(IDataRecord row) => (
        row.GetInt64(0),
        new IncomingMessage(
            row.GetString(1),
            (byte[])row.GetValue(2),
            row.IsDBNull(3) ? null : row.GetString(3),
            row.IsDBNull(4) ? new Dictionary<string, string>() : JsonSerializer.Deserialize<Dictionary<string, string>>(row.GetString(4))!));
}

internal readonly record struct GroupKey(string Topic, string Name);

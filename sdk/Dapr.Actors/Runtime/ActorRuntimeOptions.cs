using System.Text.Json;

namespace Dapr.Actors.Runtime;

/// <summary>Which actors the application hosts, and how.</summary>
public sealed class ActorRuntimeOptions
{
    private TimeSpan? _idleTimeout;
    private TimeSpan? _scanInterval;
    private TimeSpan? _drainTimeout;
    private JsonSerializerOptions _json = new(JsonSerializerDefaults.Web);
    private string? _token = string.Empty;
    private int? _partitions;

    /// <summary>The hosted types.</summary>
    public ActorRegistrationCollection Actors { get; } = [];

    /// <summary>Without a turn for this long an actor is deactivated; null: the sidecar's 60 minutes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is zero or less.</exception>
    public TimeSpan? ActorIdleTimeout
    {
        get => _idleTimeout;
        set => _idleTimeout = Positive(value);
    }

    /// <summary>How often idle actors are looked for; today's sidecars ignore it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is zero or less.</exception>
    public TimeSpan? ActorScanInterval
    {
        get => _scanInterval;
        set => _scanInterval = Positive(value);
    }

    /// <summary>How long a turn may go on when its actor must leave this host; null: the sidecar's 2 seconds.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is zero or less.</exception>
    public TimeSpan? DrainOngoingCallTimeout
    {
        get => _drainTimeout;
        set => _drainTimeout = Positive(value);
    }

    /// <summary>True waits for such a turn at all. False, the default, says nothing, and the sidecar waits.</summary>
    public bool DrainRebalancedActors { get; set; }

    /// <summary>Whether a chain of calls may enter an actor again.</summary>
    public ActorReentrancyConfig ReentrancyConfig { get; set; } = new();

    /// <summary>
    /// Strongly typed calls carry JSON instead of binary XML; callers must have it set as well. This implementation knows JSON
    /// only: without it such calls fail, and calls by name go on working.
    /// </summary>
    public bool UseJsonSerialization { get; set; }

    /// <summary>JSON settings of state, arguments and results; the web defaults unless replaced.</summary>
    /// <exception cref="ArgumentNullException">It is set to null.</exception>
    public JsonSerializerOptions JsonSerializerOptions
    {
        get => _json;
        set => _json = value ?? throw new ArgumentNullException(nameof(value));
    }

    /// <summary>Token sent to the sidecar; empty: what configuration or environment say.</summary>
    /// <exception cref="ArgumentNullException">It is set to null.</exception>
    public string? DaprApiToken
    {
        get => _token;
        set => _token = value ?? throw new ArgumentNullException(nameof(value));
    }

    /// <summary>How many parts reminders are stored in; today's sidecars ignore it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is negative.</exception>
    public int? RemindersStoragePartitions
    {
        get => _partitions;
        set => _partitions = value is null or >= 0
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "A number of partitions is not negative.");
    }

    /// <summary>The sidecar's HTTP endpoint; null: what configuration or environment say.</summary>
    public string? HttpEndpoint { get; set; }

    private static TimeSpan? Positive(TimeSpan? value) => value is null || value > TimeSpan.Zero
        ? value
        : throw new ArgumentOutOfRangeException(nameof(value), value, "The time must be positive.");
}

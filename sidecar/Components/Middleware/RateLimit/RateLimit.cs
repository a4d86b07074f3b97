using System.Globalization;

namespace Sidecar.Components.Middleware.RateLimit;

/// <summary>
/// middleware.http.ratelimit: <c>maxRequestsPerSecond</c> (100) for each client and path. As many may come at once; after that
/// they are refused until time has made room again.
/// </summary>
internal sealed class RateLimit(double perSecond, TimeProvider clock) : IHttpMiddleware
{
    private const double Default = 100;

    // Many more places than clients: whoever makes up paths or addresses must not fill the memory.
    private const int MostBuckets = 10_000;

    private readonly System.Threading.Lock _gate = new();
    private readonly Dictionary<(string Client, string Path), Bucket> _buckets = [];
    private readonly double _burst = Math.Max(1, Math.Floor(perSecond));
    private readonly MiddlewareAnswer _refusal = new(StatusCodes.Status429TooManyRequests, "You have reached maximum request limit.")
    {
        Headers =
        [
            new("X-Rate-Limit-Limit", perSecond.ToString("0.00", CultureInfo.InvariantCulture)),
            new("X-Rate-Limit-Duration", "1"),
        ],
    };

    public static IComponent Create(ComponentSpec spec, ComponentContext context, ICollection<string> errors)
    {
        var metadata = new ComponentMetadata(spec, errors);
        var perSecond = Default;
        if (metadata.Text("maxRequestsPerSecond") is { } text
            && (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out perSecond) || !double.IsFinite(perSecond) || perSecond <= 0))
        {
            metadata.Reject("maxRequestsPerSecond", $"'{text}' is not a number above 0");
        }

        ComponentLog.WarnUnknown(context, spec, metadata);
        return new RateLimit(perSecond, context.Clock);
    }

    public Task InitAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public ValueTask<MiddlewareAnswer?> CheckAsync(MiddlewareRequest request, CancellationToken cancellationToken) =>
        new(Takes((ClientOf(request), request.Target.Split('?')[0])) ? null : _refusal);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    // A proxy in front says whom it speaks for; without any of it all requests count as one client's.
    private static string ClientOf(MiddlewareRequest request) =>
        request.Header("X-Forwarded-For") is { Length: > 0 } forwarded ? forwarded.Split(',')[0].Trim()
        : request.Header("X-Real-IP") is { Length: > 0 } real ? real
        : request.RemoteAddress;

    private bool Takes((string Client, string Path) key)
    {
        var now = clock.GetTimestamp();
        lock (_gate)
        {
            if (!_buckets.TryGetValue(key, out var bucket))
            {
                MakeRoom(now);
                bucket = new Bucket(_burst, now);
            }

            var tokens = Math.Min(_burst, bucket.Tokens + (clock.GetElapsedTime(bucket.At, now).TotalSeconds * perSecond));
            var takes = tokens >= 1;
            _buckets[key] = new Bucket(takes ? tokens - 1 : tokens, now);
            return takes;
        }
    }

    // A full bucket is as good as none.
    private void MakeRoom(long now)
    {
        if (_buckets.Count < MostBuckets)
        {
            return;
        }

        foreach (var (key, bucket) in _buckets)
        {
            if (bucket.Tokens + (clock.GetElapsedTime(bucket.At, now).TotalSeconds * perSecond) >= _burst)
            {
                _buckets.Remove(key);
            }
        }

        if (_buckets.Count >= MostBuckets)
        {
            _buckets.Clear();
        }
    }

    private readonly record struct Bucket(double Tokens, long At);
}

using System.Globalization;

namespace Sidecar.Resiliency;

/// <summary>A policy's <c>matching</c>: which status codes are worth another attempt. 0 to 16 are gRPC's, 100 to 599 HTTP's.</summary>
internal sealed class StatusCodeMatch
{
    public static readonly StatusCodeMatch All = new(null, null);

    private readonly IReadOnlyList<(int From, int To)>? _http;
    private readonly IReadOnlyList<(int From, int To)>? _grpc;

    private StatusCodeMatch(IReadOnlyList<(int From, int To)>? http, IReadOnlyList<(int From, int To)>? grpc) =>
        (_http, _grpc) = (http, grpc);

    /// <summary>Null with an <paramref name="error"/> when a pattern is no list of codes and ranges such as "500-599,429".</summary>
    public static StatusCodeMatch? Parse(string? http, string? grpc, out string? error) =>
        TryParse(http, 100, 599, out var httpRanges, out error) && TryParse(grpc, 0, 16, out var grpcRanges, out error)
            ? new StatusCodeMatch(httpRanges, grpcRanges)
            : null;

    public bool WorthRetry(int code) => code switch
    {
        >= 0 and <= 16 => Matches(_grpc, code),
        >= 100 and <= 599 => Matches(_http, code),
        _ => false,
    };

    private static bool Matches(IReadOnlyList<(int From, int To)>? ranges, int code) =>
        ranges is null || ranges.Any(range => range.From <= code && code <= range.To);

    private static bool TryParse(
        string? list, int lowest, int highest, out IReadOnlyList<(int From, int To)>? ranges, out string? error)
    {
        (ranges, error) = (null, null);
        if (string.IsNullOrEmpty(list))
        {
            return true;
        }

        var found = new List<(int From, int To)>();
        foreach (var pattern in list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var ends = pattern.Split('-');
            if (ends.Length > 2
                || !int.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out var from)
                || !int.TryParse(ends[^1], NumberStyles.None, CultureInfo.InvariantCulture, out var to)
                || from < lowest || to > highest || to < from)
            {
                error = $"'{pattern}' is not a status code or a range of codes between {lowest} and {highest}";
                return false;
            }

            found.Add((from, to));
        }

        ranges = found;
        return true;
    }
}

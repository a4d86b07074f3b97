using System.Globalization;

namespace Sidecar.Tracing;

/// <summary>The three meanings of samplingRate (dapr-contract.md 13).</summary>
internal static class Sampling
{
    private const double DefaultRate = 1e-4;

    /// <summary>The share of new traces that is recorded; null: no tracer at all, so requests without a trace get none.</summary>
    /// <param name="endpointFromEnvironment">OTEL_EXPORTER_OTLP_ENDPOINT is set: whoever set it wants to see traces.</param>
    public static double? Rate(string? written, bool hasExporter, bool endpointFromEnvironment)
    {
        if (string.IsNullOrEmpty(written))
        {
            return endpointFromEnvironment ? 1 : hasExporter ? DefaultRate : null;
        }

        return double.TryParse(written, NumberStyles.Float, CultureInfo.InvariantCulture, out var rate) && double.IsFinite(rate)
            ? Math.Clamp(rate, 0, 1)
            : DefaultRate;
    }
}

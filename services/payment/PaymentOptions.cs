using System.ComponentModel.DataAnnotations;

namespace DaprShop.Payment;

/// <summary>Section <c>Provider</c>.</summary>
internal sealed record ProviderOptions
{
    [Required]
    public required Uri BaseUrl { get; init; } = new("http://localhost:8090");

    /// <summary>After this an unanswered call counts as unknown. Longer than the sandbox's slow token, shorter than a saga step's patience.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:00:14")]
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(8);
}

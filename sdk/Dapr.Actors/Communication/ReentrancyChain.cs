namespace Dapr.Actors.Communication;

/// <summary>The chain of calls that the running turn belongs to; calls made by it carry the id on.</summary>
internal static class ReentrancyChain
{
    public const string Header = "Dapr-Reentrancy-Id";

    private static readonly AsyncLocal<string?> Id = new();

    public static string? Current
    {
        get => Id.Value;
        set => Id.Value = value;
    }
}

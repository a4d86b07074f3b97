namespace DaprShop.Tests.Configuration;

/// <summary>What is promised of one driver, taken from dapr-contract.md 9.2 (configuration.sqlite: from its own documentation).</summary>
internal sealed record ConfigurationDriver(string Type, params (string Name, string Value)[] Metadata)
{
    /// <summary>An item's version is what its writer says; false: the store numbers the changes.</summary>
    public required bool WriterGivesTheVersion { get; init; }

    /// <summary>Two pipes end a value and begin its version (Redis: one string holds both).</summary>
    public required bool PipesEndTheValue { get; init; }
}

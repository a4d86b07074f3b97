#nullable disable
namespace Dapr.Actors.Runtime;

/// <summary>
/// The named state of one actor. Reads are remembered, changes are collected and stored together: by the runtime after a turn that
/// did not throw, or by <see cref="SaveStateAsync"/>. A turn that throws loses what it has not stored. A value is handed out as it is
/// remembered: after changing it, set it.
/// </summary>
public interface IActorStateManager
{
    /// <summary>Forgets what is remembered of an entry; the store is not touched.</summary>
    /// <exception cref="InvalidOperationException">It is changed and the options do not allow that.</exception>
    Task UnloadStateAsync(string stateName, UnloadStateOptions options = null, CancellationToken cancellationToken = default);

    /// <summary>Adds an entry.</summary>
    /// <exception cref="InvalidOperationException">It exists.</exception>
    Task AddStateAsync<T>(string stateName, T value, CancellationToken cancellationToken = default);

    /// <summary>Adds an entry that ceases to exist after <paramref name="ttl"/>, which is rounded up to seconds.</summary>
    /// <exception cref="InvalidOperationException">It exists.</exception>
    Task AddStateAsync<T>(string stateName, T value, TimeSpan ttl, CancellationToken cancellationToken = default);

    /// <summary>Reads an entry.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    Task<T> GetStateAsync<T>(string stateName, CancellationToken cancellationToken = default);

    /// <summary>Adds or replaces an entry, which then does not expire.</summary>
    Task SetStateAsync<T>(string stateName, T value, CancellationToken cancellationToken = default);

    /// <summary>Adds or replaces an entry that ceases to exist after <paramref name="ttl"/>, which is rounded up to seconds.</summary>
    Task SetStateAsync<T>(string stateName, T value, TimeSpan ttl, CancellationToken cancellationToken = default);

    /// <summary>Removes an entry.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    Task RemoveStateAsync(string stateName, CancellationToken cancellationToken = default);

    /// <summary>Adds an entry; false when it exists.</summary>
    Task<bool> TryAddStateAsync<T>(string stateName, T value, CancellationToken cancellationToken = default);

    /// <summary>Adds an entry that ceases to exist after <paramref name="ttl"/>; false when it exists.</summary>
    Task<bool> TryAddStateAsync<T>(string stateName, T value, TimeSpan ttl, CancellationToken cancellationToken = default);

    /// <summary>Reads an entry, if there is one.</summary>
    Task<ConditionalValue<T>> TryGetStateAsync<T>(string stateName, CancellationToken cancellationToken = default);

    /// <summary>Removes an entry; false when there is none.</summary>
    Task<bool> TryRemoveStateAsync(string stateName, CancellationToken cancellationToken = default);

    /// <summary>True when there is such an entry.</summary>
    Task<bool> ContainsStateAsync(string stateName, CancellationToken cancellationToken = default);

    /// <summary>Reads an entry, and adds it when there is none.</summary>
    Task<T> GetOrAddStateAsync<T>(string stateName, T value, CancellationToken cancellationToken = default);

    /// <summary>Reads an entry, and adds it with a lifetime when there is none.</summary>
    Task<T> GetOrAddStateAsync<T>(string stateName, T value, TimeSpan ttl, CancellationToken cancellationToken = default);

    /// <summary>Adds an entry, or makes its next value of its present one; the result does not expire.</summary>
    Task<T> AddOrUpdateStateAsync<T>(
        string stateName, T addValue, Func<string, T, T> updateValueFactory, CancellationToken cancellationToken = default);

    /// <summary>Adds an entry, or makes its next value of its present one; the result ceases to exist after <paramref name="ttl"/>.</summary>
    Task<T> AddOrUpdateStateAsync<T>(
        string stateName, T addValue, Func<string, T, T> updateValueFactory, TimeSpan ttl, CancellationToken cancellationToken = default);

    /// <summary>Forgets everything that is remembered, changes included.</summary>
    Task ClearCacheAsync(CancellationToken cancellationToken = default);

    /// <summary>Stores all changes or none.</summary>
    /// <exception cref="DaprApiException">The sidecar refused; the changes are still there to be stored.</exception>
    Task SaveStateAsync(CancellationToken cancellationToken = default);
}

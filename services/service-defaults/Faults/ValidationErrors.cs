using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http.HttpResults;

namespace DaprShop.ServiceDefaults.Faults;

/// <summary>Collects everything that is wrong with a request, by member, so that the caller hears it all at once.</summary>
public sealed class ValidationErrors
{
    private readonly Dictionary<string, List<string>> _errors = [];

    public bool Any => _errors.Count > 0;

    public void Add(string member, string message)
    {
        if (!_errors.TryGetValue(member, out var messages))
        {
            _errors[member] = messages = [];
        }

        messages.Add(message);
    }

    /// <summary>Adds the message unless <paramref name="holds"/>; returns <paramref name="holds"/>.</summary>
    public bool Require(bool holds, string member, string message)
    {
        if (!holds)
        {
            Add(member, message);
        }

        return holds;
    }

    /// <returns>True with the 400 to answer when anything was added.</returns>
    public bool TryGetProblem([NotNullWhen(true)] out ProblemHttpResult? problem)
    {
        problem = Any ? Problems.Validation(_errors.ToDictionary(error => error.Key, error => error.Value.ToArray())) : null;
        return Any;
    }
}

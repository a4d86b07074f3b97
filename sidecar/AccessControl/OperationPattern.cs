using System.IO.Enumeration;
using Sidecar.Configuration;

namespace Sidecar.AccessControl;

/// <summary>Finds the operation of a policy that a path falls under. In a name * stands for any text within a segment, at its end for any rest.</summary>
internal static class OperationPattern
{
    /// <summary>The name itself wins over a pattern, and a longer pattern over a shorter one. Null: the policy does not name the path.</summary>
    public static AccessOperation? Find(IReadOnlyList<AccessOperation> operations, string path, bool ignoreCase)
    {
        var comparison = ignoreCase ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;
        return operations
            .Where(operation => operation.Name.Equals(path, comparison) || Matches(operation.Name, path, ignoreCase))
            .OrderByDescending(operation => operation.Name.Equals(path, comparison))
            .ThenByDescending(operation => operation.Name.Count(character => character != '*'))

            // Of two that say as much the one that denies.
            .ThenBy(operation => operation.Allows)
            .FirstOrDefault();
    }

    private static bool Matches(string name, string path, bool ignoreCase)
    {
        if (!name.Contains('*', StringComparison.Ordinal))
        {
            return false;
        }

        var (wanted, given) = (name.Split('/'), path.Split('/'));
        for (var at = 0; at < wanted.Length; at++)
        {
            if (at >= given.Length)
            {
                return false;
            }

            if (at == wanted.Length - 1 && wanted[at] == "*")
            {
                return true;
            }

            // An empty segment matches no expression, not even itself.
            if ((wanted[at].Length > 0 || given[at].Length > 0) && !FileSystemName.MatchesSimpleExpression(wanted[at], given[at], ignoreCase))
            {
                return false;
            }
        }

        return wanted.Length == given.Length;
    }
}

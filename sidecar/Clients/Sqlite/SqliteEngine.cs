using System.Reflection;
using System.Runtime.InteropServices;
using SQLitePCL;

namespace Sidecar.Clients.Sqlite;

/// <summary>
/// Chooses the SQLite library once per process: the system's when it is recent enough (it gets security fixes and
/// reads several times faster beside a writer), else the one that came with the packages, so that a machine with
/// nothing but the .NET SDK works too.
/// </summary>
internal sealed record SqliteEngine(string Version, string Source)
{
    /// <summary>Environment variable: "auto" (default), "bundled" hides the system's library, "system" insists on it.</summary>
    public const string ChoiceVariable = "SIDECAR_SQLITE";

    private const string BundledName = "e_sqlite3";
    private const int OldestSystemVersion = 3_040_000;

    private static readonly string[] SystemNames =
        ["libsqlite3.so.0", "libsqlite3.so", "libsqlite3.dylib", "/usr/lib/libsqlite3.dylib", "winsqlite3"];

    private static readonly Lazy<SqliteEngine> Selected = new(
        () => Select(Environment.GetEnvironmentVariable(ChoiceVariable)));

    /// <summary>Must be asked for before the first connection is made.</summary>
    public static SqliteEngine Current => Selected.Value;

    private static SqliteEngine Select(string? choice)
    {
        var system = choice is "bundled" ? null : FindSystemLibrary();
        if (system is null && choice is "system")
        {
            throw new InvalidOperationException(
                $"{ChoiceVariable}=system, but no SQLite of 3.40 or newer was found ({string.Join(", ", SystemNames)})");
        }

        if (system is { } library)
        {
            // The managed provider calls "e_sqlite3" by that name; this answers with the system's library instead.
            NativeLibrary.SetDllImportResolver(
                typeof(SQLite3Provider_e_sqlite3).Assembly,
                (name, _, _) => name == BundledName ? library.Handle : nint.Zero);
        }

        NativeHeap.KeepFreed();
        raw.SetProvider(new SQLite3Provider_e_sqlite3());
        return new SqliteEngine(raw.sqlite3_libversion().utf8_to_string(), system?.Name ?? "bundled");
    }

    private static (string Name, nint Handle)? FindSystemLibrary()
    {
        foreach (var name in SystemNames)
        {
            if (!NativeLibrary.TryLoad(name, Assembly.GetExecutingAssembly(), DllImportSearchPath.SafeDirectories, out var handle))
            {
                continue;
            }

            // A library compiled without mutexes answers 0 and would be corrupted by our readers.
            if (Call(handle, "sqlite3_libversion_number") >= OldestSystemVersion && Call(handle, "sqlite3_threadsafe") != 0)
            {
                return (name, handle);
            }

            NativeLibrary.Free(handle);
        }

        return null;
    }

    private static int Call(nint library, string function) =>
        NativeLibrary.TryGetExport(library, function, out var address)
            ? Marshal.GetDelegateForFunctionPointer<IntFunction>(address)()
            : 0;

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate int IntFunction();
}

using System.Text;

namespace DaprShop.Tests;

/// <summary>
/// C# source with its comments, strings and characters blanked out, so that a search meets code only. Line breaks stay, so line numbers hold.
/// Code inside interpolation holes is blanked too.
/// </summary>
internal static class CSharpText
{
    public static string CodeOf(string source) => Blank(source, keepComments: false);

    /// <summary>Only strings are blanked: an explained empty block is not empty.</summary>
    public static string CodeAndCommentsOf(string source) => Blank(source, keepComments: true);

    private static string Blank(string source, bool keepComments)
    {
        var code = new StringBuilder(source.Length);
        var i = 0;
        while (i < source.Length)
        {
            var (end, isComment) = EndOfBlank(source, i);
            if (end == i)
            {
                code.Append(source[i++]);
                continue;
            }

            for (; i < end; i++)
            {
                code.Append(source[i] == '\n' || (isComment && keepComments) ? source[i] : ' ');
            }
        }

        return code.ToString();
    }

    private static (int End, bool IsComment) EndOfBlank(string source, int start)
    {
        var rest = source.AsSpan(start);
        if (rest.StartsWith("//"))
        {
            return (After(source, "\n", start), true);
        }

        if (rest.StartsWith("/*"))
        {
            return (After(source, "*/", start + 2), true);
        }

        if (rest[0] == '"')
        {
            return (EndOfString(source, start), false);
        }

        // A quote is a character literal only when it closes after one character or escape.
        if (rest[0] == '\'' && rest.Length > 2)
        {
            return (rest[1] == '\\' ? After(source, "'", start + 3) : rest[2] == '\'' ? start + 3 : start, false);
        }

        return (start, false);
    }

    private static int EndOfString(string source, int start)
    {
        var quotes = 0;
        while (start + quotes < source.Length && source[start + quotes] == '"')
        {
            quotes++;
        }

        if (quotes >= 3)
        {
            return After(source, new string('"', quotes), start + quotes);
        }

        if (quotes == 2)
        {
            return start + 2;
        }

        var verbatim = start > 0 && (source[start - 1] == '@' || (source[start - 1] == '$' && start > 1 && source[start - 2] == '@'));
        for (var i = start + 1; i < source.Length; i++)
        {
            if (source[i] == '\\' && !verbatim)
            {
                i++;
            }
            else if (source[i] == '"' && verbatim && i + 1 < source.Length && source[i + 1] == '"')
            {
                i++;
            }
            else if (source[i] == '"')
            {
                return i + 1;
            }
        }

        return source.Length;
    }

    private static int After(string source, string mark, int from)
    {
        var index = source.IndexOf(mark, Math.Min(from, source.Length), StringComparison.Ordinal);
        return index < 0 ? source.Length : mark == "\n" ? index : index + mark.Length;
    }
}
